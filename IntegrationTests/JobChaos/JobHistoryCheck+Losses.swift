// SPDX-License-Identifier: Apache-2.0

import ChaosJobs

extension JobHistoryCheck {
    /// Whether a job was lost with as many workers as a job may be, and from the second loss on nothing else was at work in
    /// them: then it was no other job that took them, but the faults, as often as chance would have it.
    func wasLostAlone(_ number: Int, _ tickets: [JobHistory.Ticket]) -> Bool {
        guard let losses = parked[number]?.losses, losses >= 5, tickets.map(\.losses) == Array(0..<losses) else {
            return false
        }
        return tickets.allSatisfy { ticket in
            guard notes[ticket.seq]?.contains(where: { $0.outcome == 2 }) == true else { return false }
            return ticket.losses < 2 || wasAlone(number, losses: ticket.losses)
        }
    }

    /// Whether a worker that was lost with a job made that attempt alone, from its begin until it ended or another worker
    /// began the next.
    private func wasAlone(_ number: Int, losses: Int) -> Bool {
        let own = events[number] ?? []
        guard let begin = self.begin(own, after: losses) else { return false }
        let ended = own.first {
            if case .ended(let attempt, _) = $0.event {
                attempt.losses == losses && $0.member == begin.member
            } else {
                false
            }
        }
        let end = min(ended?.time ?? .infinity, self.begin(own, after: losses + 1)?.time ?? .infinity)
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

    private func begin(_ events: [JobHistory.Event], after losses: Int) -> JobHistory.Event? {
        events.first { if case .began(let attempt) = $0.event { attempt.losses == losses } else { false } }
    }
}
