// SPDX-License-Identifier: Apache-2.0

import ChaosJobs

extension JobHistoryCheck {
    /// What must hold of one job.
    mutating func checkJob(_ number: Int) {
        guard let plan = enqueued[number] else { return }
        let (tickets, events) = (tickets[number] ?? [], events[number] ?? [])
        let isThere = !tickets.isEmpty || parked[number] != nil
        switch plan.fate {
        case .rolledBack, .duplicate:
            if isThere || !events.isEmpty { add(.rolledBackRun, number, "\(plan.fate)") }
            return
        case .committed:
            if !isThere { return add(.lost, number, "it is not there at all") }
        case .unknown:
            if !isThere {
                if !events.isEmpty { add(.rolledBackRun, number, "it was run, and is not there") }
                return
            }
        }
        let ids = Set(tickets.map(\.job) + (parked[number].map { [$0.job] } ?? []))
        if ids.count > 1 { add(.enqueuedTwice, number, "its ids are \(ids.sorted())") }
        checkEnding(plan, tickets)
        checkAttempts(plan, tickets, events)
        for id in ids {
            if let viewed = history.viewedStates[id], viewed != ending(of: number) ?? "unfinished" {
                add(.viewDiffers, number, "\(viewed), and not \(ending(of: number) ?? "unfinished")")
            }
        }
    }

    private mutating func checkEnding(_ plan: JobHistory.Enqueued, _ tickets: [JobHistory.Ticket]) {
        let number = plan.job.number
        guard let ending = ending(of: number) else { return add(.lost, number, "it has not ended") }
        if plan.job.isPoison {
            if ending != "dead" { add(.poisonAlive, number, ending) }
        } else if ending == "dead", wasLostAlone(number, tickets) {
            countLostAlone()
        } else if ending != "succeeded" {
            add(.deadWithoutPoison, number, "\(ending), after \(parked[number]?.losses ?? 0) losses")
        } else if let last = tickets.last, last.attempt != plan.job.failures + 1 {
            add(.wrongAttempt, number, "attempt \(last.attempt), and \(plan.job.failures) were to fail")
        }
    }

    private mutating func checkAttempts(
        _ plan: JobHistory.Enqueued,
        _ tickets: [JobHistory.Ticket],
        _ events: [JobHistory.Event]
    ) {
        let number = plan.job.number
        for (index, ticket) in tickets.enumerated() {
            let times = done[ticket.seq, default: 0]
            guard times > 0 else { continue }
            if times > 1 { add(.completedTwice, number, "ticket \(ticket.seq), \(times) times") }
            if index < tickets.count - 1 || parked[number] != nil {
                add(.runAfterCompletion, number, "ticket \(ticket.seq) is done, and not the last")
            }
            if notes[ticket.seq]?.contains(where: { $0.outcome != 0 }) == true {
                add(.lostAndCompleted, number, "ticket \(ticket.seq)")
            }
            let wasDone = events.contains {
                if case .ended(let made, .done) = $0.event { made.isOf(ticket) } else { false }
            }
            if !wasDone { add(.completedUndone, number, "ticket \(ticket.seq)") }
            // A snooze keeps the number of the attempt, and lets losses count anew.
            let isLater = { (made: MemberEvent.Attempt) in
                made.attempt > ticket.attempt
                    || made.attempt == ticket.attempt && made.losses > ticket.losses && !plan.job.snoozes
            }
            if events.contains(where: { $0.event.attempt.map(isLater) ?? false }) {
                add(.runAfterCompletion, number, "of ticket \(ticket.seq) there is a later attempt")
            }
        }
        if let first = events.first, first.time < plan.sent + plan.delay {
            add(.tooEarly, number, "\(plan.sent + plan.delay - first.time) s before")
        }
        checkClaims(number, tickets, events)
        checkOverlaps(number, events)
    }

    /// Each claim makes one attempt, unless it was lost in a crash of the server.
    private mutating func checkClaims(
        _ number: Int,
        _ tickets: [JobHistory.Ticket],
        _ events: [JobHistory.Event]
    ) {
        var begun: [MemberEvent.Attempt: [Double]] = [:]
        for event in events {
            if case .began(let attempt) = event.event { begun[attempt, default: []].append(event.time) }
        }
        for (attempt, times) in begun {
            let extra = times.count - tickets.count { attempt.isOf($0) && !$0.claims.isEmpty }
            guard extra > 0 else { continue }
            // Those of a job that was snoozed have all the same number: any of them may be the one.
            if times.count(where: { crashed(from: $0, to: $0) }) >= extra {
                countUnwritten(extra)
            } else {
                add(.madeUnclaimed, number, "attempt \(attempt.attempt) was begun \(times.count) times")
            }
        }
    }

    /// No two workers make one attempt at once, unless the claim of the first was lost in a crash of the server.
    private mutating func checkOverlaps(_ number: Int, _ events: [JobHistory.Event]) {
        var running: [(attempt: MemberEvent.Attempt, event: JobHistory.Event)] = []
        for event in events {
            switch event.event {
            case .began(let attempt):
                if let other = running.first(where: { $0.attempt == attempt && $0.event.member != event.member }),
                    !crashed(from: other.event.time, to: event.time)
                {
                    add(.twoAtOnce, number, "attempt \(attempt.attempt) by \(other.event.member) and \(event.member)")
                }
                // Those before the last loss are lost: a snooze may have their numbers come again.
                running.removeAll { $0.attempt.attempt == attempt.attempt && $0.attempt.losses < attempt.losses }
                running.append((attempt, event))
            case .ended(let attempt, _): running.removeAll { $0.attempt == attempt && $0.event.member == event.member }
            case .refused, .rescued, .told: break
            }
        }
    }

    /// All that is known of a job, for whoever looks into a violation.
    func story(of number: Int) -> String {
        var lines: [(Double?, String)] = []
        if let plan = enqueued[number] {
            lines.append((plan.sent, "enqueued in \(plan.queue), priority \(plan.priority), \(plan.job): \(plan.fate)"))
        }
        for event in events[number] ?? [] {
            lines.append((event.time, "\(event.member): \(event.event.line(at: 0).dropFirst(2))"))
        }
        for ticket in tickets[number] ?? [] {
            let claimed = ticket.claims.compactMap { claims[$0.claim] }.map {
                "claimed by worker \($0.worker) in receipt \($0.no) (mode \($0.mode))"
            }
            let ends = (notes[ticket.seq] ?? []).map { "outcome \($0.outcome) of \($0.worker ?? "nobody")" }
            lines.append(
                (
                    ticket.claims.first.flatMap { claims[$0.claim]?.began },
                    "ticket \(ticket.seq) of job \(ticket.job), attempt \(ticket.attempt), losses \(ticket.losses): "
                        + (claimed + ends + ["completed \(done[ticket.seq, default: 0]) times"]).joined(separator: ", ")
                )
            )
        }
        if let parked = parked[number] {
            lines.append((nil, "parked: \(parked.state), attempt \(parked.attempt), losses \(parked.losses)"))
        }
        return lines.map { time, text in "    \(time.map { "\(Double(Int($0 * 1000)) / 1000) s" } ?? "-") \(text)" }
            .joined(separator: "\n")
    }
}

extension MemberEvent.Attempt {
    /// Whether it was an attempt for this ticket, or for one that was given back and has the same number.
    func isOf(_ ticket: JobHistory.Ticket) -> Bool {
        job == ticket.job && attempt == ticket.attempt && losses == ticket.losses
    }
}
