// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import TracedJobs

@Suite("What a worker claims next")
struct ClaimPlanTests {
    @Test("It wishes for as many jobs of each queue as have a free place")
    func places() {
        var plan = ClaimPlan(limits: ["a": 2, "b": 1])
        plan.started(in: "a")
        plan.started(in: "b")
        #expect(plan.wishes == [.init(queue: "a", count: 1)])
        plan.ended(in: "b")
        #expect(plan.wishes == [.init(queue: "a", count: 1), .init(queue: "b", count: 1)])
    }

    @Test("A batch is bounded")
    func batch() {
        #expect(ClaimPlan(limits: ["a": 1000], maximumBatch: 100).wishes == [.init(queue: "a", count: 100)])
    }

    @Test("It claims again only where a queue gave all that was wanted and has room for more")
    func again() {
        var plan = ClaimPlan(limits: ["a": 300], maximumBatch: 2)
        let wishes = plan.wishes
        for _ in 0..<2 { plan.started(in: "a") }
        #expect(plan.next(claimed: ["a": 2], of: wishes, due: nil, fallback: .seconds(5)) == .claimAgain)
        #expect(plan.next(claimed: ["a": 1], of: wishes, due: nil, fallback: .seconds(5)) == .sleep(.seconds(5)))
    }

    @Test("It sleeps until the next job is due, and never longer than the fallback")
    func sleep() {
        let plan = ClaimPlan(limits: ["a": 1])
        #expect(
            plan.next(claimed: [:], of: plan.wishes, due: .seconds(2), fallback: .seconds(5)) == .sleep(.seconds(2))
        )
        #expect(
            plan.next(claimed: [:], of: plan.wishes, due: .seconds(9), fallback: .seconds(5)) == .sleep(.seconds(5))
        )
    }
}
