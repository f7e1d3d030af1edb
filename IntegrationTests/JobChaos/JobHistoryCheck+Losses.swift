// SPDX-License-Identifier: Apache-2.0

import ChaosJobs

extension JobHistoryCheck {
    /// For how long, in seconds, a worker surely lets nothing else begin beside a job that it claimed alone.
    ///
    /// It does so for a lease, from the claim on; what lives on then is trusted.
    private static let suspicion = ChaosRun.lease / .seconds(1) * 0.75

    /// Whether a job was lost with as many workers as a job may be, and from the second loss on nothing else was at work in
    /// them, nor began before the job was trusted: then it was no other job that took them, but the faults, as often as
    /// chance would have it.
    func wasLostAlone(_ number: Int, _ tickets: [JobHistory.Ticket]) -> Bool {
        // An attempt that failed in between is no loss.
        let all = tickets.filter { notes[$0.seq]?.contains { $0.outcome == 2 } == true }
        guard let losses = parked[number]?.losses, losses >= 5 else { return false }
        // They count from the last attempt on that came to its end.
        let lost = all.suffix(losses)
        guard lost.map(\.losses) == Array(0..<losses) else { return false }
        return lost.allSatisfy { $0.losses < 2 || wasAlone(number, $0) }
    }

    /// Whether a worker that was lost with a job had that attempt alone, from its begin until it was trusted, it ended or
    /// another worker began the next; from the claim on, where the worker was lost before the begin.
    private func wasAlone(_ number: Int, _ ticket: JobHistory.Ticket) -> Bool {
        let own = events[number] ?? []
        let isBegin = { (event: JobHistory.Event) in event.isBegin && event.event.attempt?.isOf(ticket) == true }
        let begun = own.first(where: isBegin).map { (member: $0.member, time: $0.time) }
        guard let begin = begun ?? claimedAlone(ticket) else { return false }
        let ended = own.first {
            if case .ended(let attempt, _) = $0.event {
                attempt.isOf(ticket) && $0.member == begin.member
            } else {
                false
            }
        }
        let next = own.first { $0.isBegin && $0.time > begin.time }
        let end = min(ended?.time ?? .infinity, next?.time ?? .infinity, begin.time + Self.suspicion)
        var running: Set<MemberEvent.Attempt> = []
        for event in history.events.sorted(by: { $0.time < $1.time }) where event.member == begin.member {
            guard event.time < end else { break }
            switch event.event {
            case .began(let attempt) where attempt.number != number: running.insert(attempt)
            case .ended(let attempt, _) where event.time <= begin.time: running.remove(attempt)
            default: break
            }
        }
        return running.isEmpty
    }

    /// The worker that was lost with a job that it had claimed alone, and when it claimed it; `nil` if there is no such claim.
    private func claimedAlone(_ ticket: JobHistory.Ticket) -> (member: String, time: Double)? {
        guard let claim = ticket.claims.last.flatMap({ claims[$0.claim] }), claim.mode == .solo, let time = claim.began,
            let member = notes[ticket.seq]?.first(where: { $0.outcome == 2 })?.worker
        else { return nil }
        return (member, time)
    }
}

extension JobHistory.Event {
    fileprivate var isBegin: Bool {
        if case .began = event { true } else { false }
    }
}
