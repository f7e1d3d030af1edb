// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import TracedJobs

@Suite("How a worker without jobs falls asleep")
struct SleepPlanTests {
    @Test("It takes the lock, looks once more, and sleeps until the next job is due, never longer than the fallback")
    func order() {
        var plan = SleepPlan(fallback: .seconds(5))
        #expect(plan.step == .takeLock && plan.isPromotionDue(isBusy: false, since: .zero))
        plan.promoted()
        plan.lockTaken()
        #expect(plan.step == .sleep)
        #expect(!plan.lookedFor(due: nil) && plan.time == .seconds(5))
        #expect(!plan.lookedFor(due: .seconds(9)) && plan.time == .seconds(5))
        #expect(!plan.lookedFor(due: .seconds(2)) && plan.time == .seconds(2))
        #expect(!plan.isPromotionDue(isBusy: false, since: .seconds(9)))
        #expect(plan.lookedFor(due: .seconds(-1)) && plan.isPromotionDue(isBusy: false, since: .zero))
        // Who is busy looks for jobs that are due now and then.
        #expect(!plan.isPromotionDue(isBusy: true, since: .milliseconds(99)))
        #expect(plan.isPromotionDue(isBusy: true, since: .milliseconds(100)))
    }

    @Test("It looks ever more rarely for those whose transactions were open when it took the lock")
    func others() {
        var plan = SleepPlan(fallback: .seconds(60))
        plan.lockTaken()
        plan.others = ["7"]
        var times: [Duration] = []
        for _ in 0..<12 {
            times.append(plan.time)
            plan.slept(isLocked: true)
        }
        #expect(times.first == .milliseconds(1) && times.last == .seconds(1) && times == times.sorted())
        plan.others = []
        #expect(plan.time == .seconds(60))
    }

    @Test("It takes the lock anew when it has found jobs, and when the connection that held it was lost")
    func again() {
        var plan = SleepPlan(fallback: .seconds(5))
        plan.lockTaken()
        plan.foundJobs(after: .seconds(1))
        #expect(plan.step == .takeLock)
        plan.lockTaken()
        plan.wokeUp()
        #expect(plan.step == .takeLock)
        plan.lockTaken()
        plan.slept(isLocked: false)
        #expect(plan.step == .takeLock)
    }

    @Test("It stays awake while claims that follow each other closely get jobs, until one gets none")
    func busy() {
        var plan = SleepPlan(fallback: .seconds(5))
        plan.foundJobs(after: .milliseconds(20))
        #expect(!plan.isBusy)
        plan.foundJobs(after: .milliseconds(19))
        #expect(plan.isBusy)
        plan.foundNone()
        #expect(!plan.isBusy)
    }
}
