// SPDX-License-Identifier: Apache-2.0

import ChaosJobs

/// Looks for what must not have happened; pure, and linear but for sorting.
struct JobHistoryCheck: Sendable {
    let history: JobHistory
    private(set) var violations: [JobViolation] = []

    /// Attempts whose claim the server had not written down when it crashed.
    private(set) var unwritten = 0

    /// Jobs that a claim of a lower priority might have passed over, by its number.
    private(set) var compared = 0

    /// Jobs that did nobody harm and are dead, because the faults took each of five workers that had them.
    private(set) var lostAlone = 0

    // Ways to look things up.
    let enqueued: [Int: JobHistory.Enqueued]
    let events: [Int: [JobHistory.Event]]
    let tickets: [Int: [JobHistory.Ticket]]
    let parked: [Int: JobHistory.Parked]
    let claims: [Int64: JobHistory.Claim]
    let notes: [Int64: [JobHistory.Note]]
    /// How often the attempt of each ticket was completed.
    let done: [Int64: Int]

    /// Looks through a history.
    init(_ history: JobHistory) {
        self.history = history
        enqueued = Dictionary(history.enqueued.map { ($0.job.number, $0) }) { first, _ in first }
        events = Dictionary(grouping: history.events.filter { $0.event.attempt != nil }) {
            $0.event.attempt?.number ?? 0
        }
        .mapValues { $0.sorted { $0.time < $1.time } }
        tickets = Dictionary(grouping: history.tickets, by: \.number).mapValues { $0.sorted { $0.seq < $1.seq } }
        parked = Dictionary(history.parked.map { ($0.number, $0) }) { first, _ in first }
        claims = Dictionary(history.claims.map { ($0.no, $0) }) { first, _ in first }
        notes = Dictionary(grouping: history.notes, by: \.seq)
        done = Self.done(history)
        checkReceipts()
        checkCompletions()
        for number in enqueued.keys.sorted() { checkJob(number) }
        checkPriorities()
        checkKeys()
    }

    private static func done(_ history: JobHistory) -> [Int64: Int] {
        var (wholly, partly): ([Int64: Int], [JobHistory.Place: Int]) = ([:], [:])
        for completion in history.completions {
            guard let ordinals = completion.ordinals else {
                wholly[completion.claim, default: 0] += 1
                continue
            }
            for ordinal in ordinals {
                partly[JobHistory.Place(claim: completion.claim, ordinal: ordinal), default: 0] += 1
            }
        }
        var done: [Int64: Int] = [:]
        for ticket in history.tickets {
            for place in ticket.claims {
                let times = wholly[place.claim, default: 0] + partly[place, default: 0]
                if times > 0 { done[ticket.seq, default: 0] += times }
            }
        }
        return done
    }

    mutating func add(_ rule: JobViolation.Rule, _ number: Int?, _ detail: String) {
        violations.append(
            JobViolation(
                rule: rule,
                job: number,
                detail: number.map { "job \($0): \(detail)\n\(story(of: $0))" } ?? detail
            )
        )
    }

    /// Whether the server crashed about then, and may have lost what it had not written down.
    func crashed(from start: Double, to end: Double) -> Bool {
        history.crashes.contains { $0 > start - Self.writing && $0 < end + Self.writing }
    }

    // The server writes down what nobody waited for after a second at most; it may have been claimed in advance.
    private static let writing = 5.0

    mutating func countUnwritten(_ count: Int) { unwritten += count }

    mutating func countLostAlone() { lostAlone += 1 }

    mutating func countCompared() { compared += 1 }

    /// How a job ended, as far as the tables say: `nil` if it has not.
    func ending(of number: Int) -> String? {
        switch parked[number]?.state {
        case .dead: return "dead"
        case .cancelled: return "cancelled"
        case .some: return nil
        case nil: break
        }
        guard let last = tickets[number]?.last else { return nil }
        if done[last.seq, default: 0] > 0 { return "succeeded" }
        return notes[last.seq]?.contains { $0.isFinal && $0.outcome == 5 } == true ? "discarded" : nil
    }

    private mutating func checkReceipts() {
        var held: [Int64: Int] = [:]
        for ticket in history.tickets {
            for place in ticket.claims { held[place.claim, default: 0] += 1 }
            if ticket.claims.count > 1 {
                add(.claimedTwice, ticket.number, "ticket \(ticket.seq) is in \(ticket.claims.map(\.claim))")
            }
        }
        for claim in history.claims where claim.mode != .none && held[claim.no, default: 0] != claim.count {
            add(
                .receiptDiffers,
                nil,
                "receipt \(claim.no) says \(claim.count), and holds \(held[claim.no, default: 0])"
            )
        }
        if history.openLeases > 0 { add(.leaseLeft, nil, "\(history.openLeases)") }
    }

    private mutating func checkCompletions() {
        for completion in history.completions {
            guard let claim = claims[completion.claim] else {
                add(.completedUnclaimed, nil, "receipt \(completion.claim) is not there")
                continue
            }
            if completion.count > claim.count || completion.ordinals?.contains(where: { $0 > claim.count }) == true {
                add(.completedUnclaimed, nil, "\(completion.count) of \(claim.count) of receipt \(claim.no)")
            }
        }
        let kept = Set(history.completions)
        for seen in Set(history.seenCompletions).subtracting(kept) {
            add(.completionLost, nil, "\(seen.count) jobs of receipt \(seen.claim)")
        }
    }
}

extension MemberEvent {
    /// The attempt that it is about.
    var attempt: Attempt? {
        switch self {
        case .began(let attempt), .ended(let attempt, _): attempt
        case .refused, .rescued, .told: nil
        }
    }
}
