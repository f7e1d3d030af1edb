// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import TracedJobs

@Suite("What a worker claims next")
struct ClaimPlanTests {
    private static let soon = Duration.milliseconds(1)

    /// Claims what is wished for, and gets this many of it.
    private func claim(_ plan: inout ClaimPlan, got count: Int, interval: Duration = .seconds(1)) {
        for wish in plan.wishes { plan.claimed(min(count, wish.count), of: wish, interval: interval) }
    }

    @Test("It wishes for as many jobs of each queue as have a free place")
    func places() {
        var plan = ClaimPlan(limits: ["a": 2, "b": 1])
        #expect(plan.wishes == [.init(queue: "a", count: 2), .init(queue: "b", count: 1)])
        claim(&plan, got: 1)
        #expect(plan.wishes == [.init(queue: "a", count: 1)])
        plan.ended(in: "b")
        #expect(plan.wishes == [.init(queue: "a", count: 1), .init(queue: "b", count: 1)])
    }

    @Test("A batch is bounded")
    func batch() {
        #expect(ClaimPlan(limits: ["a": 10_000]).wishes == [.init(queue: "a", count: ClaimPlan.maximumBatch)])
    }

    @Test("It claims again only where a queue gave all that was wanted and has room for more")
    func again() {
        var plan = ClaimPlan(limits: ["a": 2])
        claim(&plan, got: 2)
        #expect(plan.next == .sleep)
        plan.ended(in: "a")
        #expect(plan.next == .claimAgain)
        claim(&plan, got: 0)
        #expect(plan.next == .sleep)
    }

    @Test("Where jobs are done fast it claims ahead, twice as many each time, and less where they are not")
    func ahead() {
        var plan = ClaimPlan(limits: ["a": 8])
        claim(&plan, got: 8, interval: Self.soon)
        #expect(plan.wishes == [.init(queue: "a", count: 8)])
        claim(&plan, got: 8, interval: Self.soon)
        for _ in 0..<16 { plan.ended(in: "a") }
        #expect(plan.wishes == [.init(queue: "a", count: 24)])
        claim(&plan, got: 24, interval: .seconds(1))
        for _ in 0..<24 { plan.ended(in: "a") }
        #expect(plan.wishes == [.init(queue: "a", count: 16)])
    }

    @Test("After seven filled claims one begins at a lower priority, each time at another")
    func fairness() {
        var plan = ClaimPlan(limits: ["a": 1])
        var priorities: [Int] = []
        for _ in 0..<32 {
            priorities.append(plan.wishes[0].firstPriority)
            claim(&plan, got: 1)
            plan.ended(in: "a")
        }
        let turns = priorities.enumerated().filter { $0.element > 0 }
        #expect(turns.map(\.offset) == [7, 15, 23, 31] && turns.map(\.element) == [1, 2, 3, 1])
    }

    @Test("A job that took workers with it is claimed when nothing else is held, and nothing else beside it")
    func alone() {
        var plan = ClaimPlan(limits: ["a": 2, "b": 2])
        plan.claimed(1, of: .init(queue: "a", count: 2), interval: .seconds(1))
        plan.found(solo: ["b"])
        #expect(plan.wishes.isEmpty && plan.next == .sleep)
        plan.ended(in: "a")
        #expect(plan.wishes == [.init(queue: "b", count: 1, mode: .solo)] && plan.next == .claimAgain)
        claim(&plan, got: 1)
        #expect(plan.wishes.isEmpty)
        plan.ended(in: "b")
        #expect(plan.wishes.count == 2)
    }

    @Test("Of several jobs that are claimed alone one comes after the other, with a turn for others in between")
    func manyAlone() {
        var plan = ClaimPlan(limits: ["a": 2])
        plan.found(solo: ["a"])
        for _ in 0..<3 {
            #expect(plan.wishes.map(\.mode) == [.solo])
            claim(&plan, got: 1)
            plan.ended(in: "a")
            #expect(plan.wishes.map(\.mode) == [.ordinary] && plan.next == .claimAgain)
            claim(&plan, got: 0)
        }
        claim(&plan, got: 0)
        #expect(plan.wishes.map(\.mode) == [.ordinary] && plan.next == .claimAgain)
    }

    @Test("It waits only so long to be empty for one, then goes on with others, and tries again ever later")
    func putOff() {
        var plan = ClaimPlan(limits: ["a": 8], patience: .seconds(30))
        claim(&plan, got: 1)
        plan.found(solo: ["a"])
        var pauses: [Int] = []
        for _ in 0..<7 {
            plan.passed(.zero)
            #expect(plan.wishes.isEmpty && plan.patienceLeft == .seconds(30))
            plan.passed(.seconds(29))
            #expect(plan.wishes.isEmpty && plan.patienceLeft == .seconds(1))
            plan.passed(.seconds(1))
            #expect(plan.wishes == [.init(queue: "a", count: 7)] && plan.next == .sleep)
            var pause = 0
            while !plan.wishes.isEmpty {
                plan.passed(.seconds(30))
                pause += 1
            }
            pauses.append(pause)
        }
        #expect(pauses == [2, 4, 8, 16, 32, 64, 64])
        plan.ended(in: "a")
        #expect(plan.wishes.map(\.mode) == [.solo] && plan.next == .claimAgain)
    }

    @Test("Whatever it waited for before, each that is claimed alone is alone for as long as it has patience")
    func trust() {
        var plan = ClaimPlan(limits: ["a": 2], patience: .seconds(30))
        plan.found(solo: ["a"])
        for _ in 0..<3 {
            claim(&plan, got: 1)
            plan.passed(.seconds(29))
            #expect(plan.wishes.isEmpty && plan.patienceLeft == .seconds(1))
            plan.ended(in: "a")
            claim(&plan, got: 0)
        }
        claim(&plan, got: 1)
        plan.passed(.seconds(30))
        #expect(plan.wishes == [.init(queue: "a", count: 1)] && plan.patienceLeft == nil)
    }
}
