// SPDX-License-Identifier: Apache-2.0

import ChaosJobs
import Testing

@Suite("The check of a history")
struct JobHistoryCheckTests {
    /// One job, enqueued at 1, claimed at 2, worked on from 3 to 4, completed.
    private static func history(_ change: (inout JobHistory) -> Void = { _ in }) -> JobHistory {
        var history = JobHistory()
        var plan = JobHistory.Enqueued(job: ChaosJob(number: 7))
        plan.sent = 0.5
        plan.fate = .committed(by: 1)
        history.enqueued = [plan]
        history.add(.began(attempt()), at: 3)
        history.add(.ended(attempt(), .done), at: 4)
        history.tickets = [ticket(70, claims: [1])]
        history.claims = [claim(1, began: 2)]
        history.completions = [JobHistory.Completion(claim: 1, ordinals: nil, count: 1)]
        change(&history)
        return history
    }

    private static func attempt(_ number: Int = 1, losses: Int = 0, at job: Int = 7) -> MemberEvent.Attempt {
        MemberEvent.Attempt(number: job, job: Int64(job * 10), attempt: number, losses: losses)
    }

    private static func ticket(
        _ seq: Int64,
        of number: Int = 7,
        priority: Int = 1,
        attempt: Int = 1,
        losses: Int = 0,
        claims: [Int64]
    ) -> JobHistory.Ticket {
        JobHistory.Ticket(
            seq: seq,
            job: Int64(number * 10),
            number: number,
            queue: 1,
            priority: priority,
            attempt: attempt,
            losses: losses,
            claims: claims.map { JobHistory.Place(claim: $0, ordinal: 1) }
        )
    }

    private static func claim(_ no: Int64, priority: Int = 1, began: Double) -> JobHistory.Claim {
        JobHistory.Claim(no: no, worker: 1, queue: 1, priority: priority, mode: .ordinary, count: 1, began: began)
    }

    private static func rules(_ history: JobHistory) -> Set<JobViolation.Rule> {
        Set(JobHistoryCheck(history).violations.map(\.rule))
    }

    @Test("finds nothing where a job was done at once, or was lost before it was done")
    func right() {
        #expect(Self.rules(Self.history()) == [])
        let rescued = Self.history { history in
            history.loseFirstAttempt()
        }
        #expect(Self.rules(rescued) == [])
    }

    @Test("finds a job that is not there, or not finished")
    func lost() {
        #expect(
            Self.rules(
                Self.history {
                    $0.tickets = []; $0.completions = []; $0.claims = []
                }
            ) == [.lost]
        )
        #expect(Self.rules(Self.history { $0.completions = [] }) == [.lost])
        let left = Self.history {
            $0.completions = []
            $0.openLeases = 1
        }
        #expect(Self.rules(left) == [.lost, .leaseLeft])
    }

    @Test("finds one that was rolled back and is there all the same, or was run")
    func rolledBack() {
        #expect(Self.rules(Self.history { $0.enqueued[0].fate = .rolledBack }) == [.rolledBackRun])
        let run = Self.history {
            $0.enqueued[0].fate = .unknown
            ($0.tickets, $0.completions, $0.claims) = ([], [], [])
        }
        #expect(Self.rules(run) == [.rolledBackRun])
        // Nobody knows whether it was enqueued: it was, or not.
        #expect(Self.rules(Self.history { $0.enqueued[0].fate = .unknown }) == [])
    }

    @Test("finds a completion too many, one without an attempt, and one that got lost")
    func completions() {
        #expect(Self.rules(Self.history { $0.completions += $0.completions }) == [.completedTwice])
        #expect(Self.rules(Self.history { $0.events.removeLast() }) == [.completedUndone])
        let more = Self.history { $0.completions.append(JobHistory.Completion(claim: 9, ordinals: [1], count: 1)) }
        #expect(Self.rules(more) == [.completedUnclaimed])
        let seen = Self.history { $0.seenCompletions = [JobHistory.Completion(claim: 9, ordinals: [1], count: 1)] }
        #expect(Self.rules(seen) == [.completionLost])
    }

    @Test("finds a rescue that takes what is done, and a late completion of what was rescued")
    func fencing() {
        let late = Self.history { history in
            history.loseFirstAttempt()
            history.events.append(
                JobHistory.Event(time: 5, member: "lost", event: .ended(Self.attempt(), .done))
            )
            history.completions.append(JobHistory.Completion(claim: 1, ordinals: nil, count: 1))
        }
        #expect(Self.rules(late) == [.runAfterCompletion, .lostAndCompleted])
        let again = Self.history { $0.add(.began(Self.attempt(losses: 1)), at: 5) }
        #expect(Self.rules(again) == [.runAfterCompletion, .madeUnclaimed])
    }

    @Test("finds tickets that two claims hold, and receipts that are wrong")
    func claims() {
        let twice = Self.history {
            $0.tickets[0].claims.append(JobHistory.Place(claim: 2, ordinal: 1))
            $0.claims.append(Self.claim(2, began: 2))
        }
        #expect(Self.rules(twice) == [.claimedTwice])
        #expect(Self.rules(Self.history { $0.claims[0].count = 2 }) == [.receiptDiffers])
    }

    @Test("finds an attempt that two make at once, unless the server crashed in between")
    func atOnce() {
        let overlapping = Self.history {
            $0.events.insert(JobHistory.Event(time: 2.5, member: "other", event: .began(Self.attempt())), at: 0)
        }
        #expect(Self.rules(overlapping) == [.twoAtOnce, .madeUnclaimed])
        var crashed = overlapping
        crashed.crashes = [2.7]
        #expect(Self.rules(crashed) == [])
        #expect(JobHistoryCheck(crashed).unwritten == 1)
    }

    @Test("finds nothing where a job was lost, snoozed, and has the numbers of its lost attempt once more")
    func lossesCountAnew() {
        let snoozed = Self.history { history in
            history.enqueued[0].job.snoozes = true
            history.events.insert(
                contentsOf: [
                    JobHistory.Event(time: 2.5, member: "lost", event: .began(Self.attempt())),
                    JobHistory.Event(time: 2.7, member: "other", event: .began(Self.attempt(losses: 1))),
                    JobHistory.Event(time: 2.8, member: "other", event: .ended(Self.attempt(losses: 1), .snoozed)),
                ],
                at: 0
            )
            history.tickets = [
                Self.ticket(70, claims: [1]), Self.ticket(71, losses: 1, claims: [2]), Self.ticket(72, claims: [3]),
            ]
            history.claims += [Self.claim(2, began: 2.6), Self.claim(3, began: 2.9)]
            history.completions = [JobHistory.Completion(claim: 3, ordinals: nil, count: 1)]
            history.notes = [
                JobHistory.Note(outcome: 2, seq: 70, worker: "lost"),
                JobHistory.Note(outcome: 3, seq: 71, worker: "other"),
            ]
        }
        #expect(Self.rules(snoozed) == [])
        // Of three attempts of that number one was claimed in vain, since the server crashed.
        let made = JobHistory.Event(time: 2.95, member: "third", event: .began(Self.attempt()))
        var unclaimed = snoozed
        unclaimed.events.insert(made, at: 3)
        unclaimed.events.insert(.init(time: 2.96, member: "third", event: .ended(Self.attempt(), .snoozed)), at: 4)
        #expect(Self.rules(unclaimed) == [.madeUnclaimed])
        unclaimed.crashes = [2.97]
        #expect(Self.rules(unclaimed) == [])
    }

    @Test("finds a job that was passed over by a claim that began when it was there, but for the guard's")
    func priorities() {
        let passedOver = Self.history { history in
            var plan = JobHistory.Enqueued(job: ChaosJob(number: 8))
            (plan.priority, plan.fate) = (0, .committed(by: 1))
            history.enqueued.append(plan)
            history.tickets.append(Self.ticket(80, of: 8, priority: 0, claims: [2]))
            history.claims.append(Self.claim(2, priority: 0, began: 5))
            history.completions.append(JobHistory.Completion(claim: 2, ordinals: nil, count: 1))
            history.add(.began(Self.attempt(at: 8)), at: 6)
            history.add(.ended(Self.attempt(at: 8), .done), at: 6)
        }
        #expect(Self.rules(passedOver) == [.passedOver] && JobHistoryCheck(passedOver).compared == 1)
        var guarded = passedOver
        guarded.claims[0].mode = .guardsAgainstStarvation
        #expect(Self.rules(guarded) == [] && JobHistoryCheck(guarded).compared == 0)
        var late = passedOver
        late.enqueued[1].fate = .committed(by: 2.5)
        #expect(Self.rules(late) == [])
    }

    @Test("finds a job that another took along, and not one that was lost alone with as many workers as may be")
    func lostAlone() {
        let alone = Self.history { history in
            history.completions = []
            history.tickets = (0..<5).map { Self.ticket(Int64($0 + 1), losses: $0, claims: []) }
            history.notes = (1...5).map {
                JobHistory.Note(outcome: 2, seq: $0, worker: "member", job: 70, span: nil)
            }
            history.events = (0..<5).map {
                let began = MemberEvent.began(Self.attempt(losses: $0))
                return JobHistory.Event(time: Double($0 * 2 + 1), member: "member-\($0)", event: began)
            }
            history.parked = [JobHistory.Parked(job: 70, number: 7, state: .dead, losses: 5)]
        }
        let check = JobHistoryCheck(alone)
        #expect(check.lostAlone == 1 && !Self.rules(alone).contains(.deadWithoutPoison))
        // Another began beside the fourth attempt, before it or meanwhile.
        for time in [6.5, 7.5] {
            var beside = alone
            let other = MemberEvent.began(Self.attempt(at: 8))
            beside.events.append(JobHistory.Event(time: time, member: "member-3", event: other))
            #expect(Self.rules(beside).contains(.deadWithoutPoison))
        }
        // Once it was trusted, it is no longer alone.
        var trusted = alone
        let later = MemberEvent.began(Self.attempt(at: 8))
        trusted.events.append(JobHistory.Event(time: 8.1, member: "member-3", event: later))
        #expect(JobHistoryCheck(trusted).lostAlone == 1)
        // It failed once, after its second loss.
        var failed = alone
        failed.tickets[2].attempt = 2
        failed.tickets[3].attempt = 2
        failed.tickets[4].attempt = 2
        failed.tickets.insert(Self.ticket(9, losses: 2, claims: []), at: 2)
        failed.notes.append(JobHistory.Note(outcome: 1, seq: 9, worker: "member", job: 70, span: nil))
        for index in 2..<5 {
            let began = MemberEvent.began(Self.attempt(2, losses: index))
            failed.events[index].event = began
        }
        #expect(JobHistoryCheck(failed).lostAlone == 1)
        // The last was claimed alone, and its worker lost before it began.
        var unbegun = alone
        unbegun.events.removeLast()
        unbegun.claims.append(Self.claim(5, began: 9))
        unbegun.claims[unbegun.claims.count - 1].mode = .solo
        unbegun.tickets[4].claims = [JobHistory.Place(claim: 5, ordinal: 1)]
        unbegun.notes[4].worker = "member-4"
        #expect(JobHistoryCheck(unbegun).lostAlone == 1)
        var shared = unbegun
        shared.claims[shared.claims.count - 1].mode = .ordinary
        #expect(Self.rules(shared).contains(.deadWithoutPoison))
        // Another ran in that worker, or began there.
        for time in [8.5, 9.5] {
            var beside = unbegun
            let other = MemberEvent.began(Self.attempt(at: 8))
            beside.events.append(JobHistory.Event(time: time, member: "member-4", event: other))
            #expect(Self.rules(beside).contains(.deadWithoutPoison))
        }
        // One loss that nobody noted.
        var unnoted = alone
        unnoted.notes.removeLast()
        #expect(Self.rules(unnoted).contains(.deadWithoutPoison))
    }

    @Test("finds poison that lives, others that die of it, and attempts that were used up")
    func poison() {
        #expect(Self.rules(Self.history { $0.enqueued[0].job.isPoison = true }) == [.poisonAlive])
        let dead = Self.history { history in
            history.completions = []
            history.parked = [JobHistory.Parked(job: 70, number: 7, state: .dead, losses: 5)]
        }
        #expect(Self.rules(dead) == [.deadWithoutPoison])
        var poisonous = dead
        poisonous.enqueued[0].job.isPoison = true
        #expect(Self.rules(poisonous) == [])
        #expect(Self.rules(Self.history { $0.enqueued[0].job.failures = 1 }) == [.wrongAttempt])
    }

    @Test("finds what began too early, what is there twice, and what the view says otherwise")
    func others() {
        #expect(Self.rules(Self.history { $0.enqueued[0].delay = 3 }) == [.tooEarly])
        #expect(Self.rules(Self.history { $0.viewedStates = [70: "dead"] }) == [.viewDiffers])
        let twice = Self.history { history in
            history.parked = [JobHistory.Parked(job: 71, number: 7, state: .dead)]
            history.enqueued[0].job.isPoison = true
        }
        #expect(Self.rules(twice).contains(.enqueuedTwice))
    }

    @Test("finds two jobs that had a key at once")
    func keys() {
        func histories(began: Double) -> JobHistory {
            Self.history { history in
                history.enqueued[0].key = "k"
                history.events[0].time = began
                history.events[1].time = began + 1
                var plan = JobHistory.Enqueued(job: ChaosJob(number: 8))
                (plan.key, plan.sent, plan.fate) = ("k", 1.5, .committed(by: 2))
                history.enqueued.append(plan)
                history.tickets.append(Self.ticket(80, of: 8, claims: [2]))
                history.claims.append(Self.claim(2, began: 5))
                history.completions.append(JobHistory.Completion(claim: 2, ordinals: nil, count: 1))
                history.add(.began(Self.attempt(at: 8)), at: 6)
                history.add(.ended(Self.attempt(at: 8), .done), at: 6)
            }
        }
        #expect(Self.rules(histories(began: 1.2)) == [])
        #expect(Self.rules(histories(began: 3)) == [.twoOfAKey])
    }

    @Test("tells what is known of a job that it finds")
    func story() {
        let violation = JobHistoryCheck(Self.history { $0.completions += $0.completions }).violations.first
        #expect(violation?.job == 7)
        for part in ["enqueued in default", "member: began 7 70 1 0", "receipt 1", "completed 2 times"] {
            #expect(violation?.description.contains(part) == true, "\(violation?.description ?? "")")
        }
    }

    @Test("A line that a member writes can be read again, and one that was cut off is left out")
    func lines() {
        let events: [MemberEvent] = [
            .began(Self.attempt()), .ended(Self.attempt(2, losses: 3), .snoozed), .refused(job: 8), .rescued(job: 9),
            .told("Worker x was lost"),
        ]
        for event in events {
            let read = MemberEvent.parse(event.line(at: 5))
            #expect(read?.time == 5 && read?.event == event)
        }
        #expect(MemberEvent.parse("12 began 7 70 1") == nil)
        #expect(MemberEvent.parse("12 beg") == nil)
    }
}

extension JobHistory {
    fileprivate mutating func add(_ event: MemberEvent, at time: Double) {
        events.append(Event(time: time, member: "member", event: event))
    }

    /// A worker was lost with the first attempt; the second is done, by a ticket of its own.
    fileprivate mutating func loseFirstAttempt() {
        events.insert(Event(time: 2.1, member: "lost", event: events[0].event), at: 0)
        events.removeLast()
        events.removeLast()
        let attempt = MemberEvent.Attempt(number: 7, job: 70, attempt: 1, losses: 1)
        add(.began(attempt), at: 3)
        add(.ended(attempt, .done), at: 4)
        var second = tickets[0]
        (second.seq, second.losses, second.claims) = (71, 1, [Place(claim: 2, ordinal: 1)])
        tickets.append(second)
        var claim = claims[0]
        (claim.no, claim.began) = (2, 2.5)
        claims.append(claim)
        notes.append(Note(outcome: 2, seq: 70, worker: "lost"))
        completions[0].claim = 2
    }
}
