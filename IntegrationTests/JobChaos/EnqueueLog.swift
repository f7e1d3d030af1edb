// SPDX-License-Identifier: Apache-2.0

import ChaosJobs
import Synchronization

/// What was enqueued, and what became of it.
final class EnqueueLog: Sendable {
    private struct State {
        var plans: [JobHistory.Enqueued] = []
        var committed = 0
        var rolledBack = 0
    }

    private let state = Mutex(State())
    private let clock: ChaosClock
    private let poison: Set<Int>

    /// A log of the jobs of a run, some of which trap their process.
    init(_ scale: ChaosScale, _ clock: ChaosClock) {
        self.clock = clock
        poison = Set((0..<scale.poison).map { scale.jobs * (2 * $0 + 1) / (2 * scale.poison) })
    }

    /// All of it.
    var plans: [JobHistory.Enqueued] { state.withLock { $0.plans } }

    /// How many jobs are there for certain, and how many for certain not.
    var counts: (committed: Int, rolledBack: Int) { state.withLock { ($0.committed, $0.rolledBack) } }

    /// Makes a job up, and remembers that it is about to be sent.
    func plan(using chance: inout SeededGenerator, _ change: (inout JobHistory.Enqueued) -> Void = { _ in })
        -> JobHistory.Enqueued
    {
        var plan = JobHistory.Enqueued(job: ChaosJob(number: 0))
        if chance.happens(0.35) { plan.job.nap = Int.random(in: 1...20, using: &chance) }
        if chance.happens(0.002) { plan.job.nap = 1_500 }
        if chance.happens(0.1) { plan.job.failures = chance.happens(0.8) ? 1 : 2 }
        plan.job.snoozes = chance.happens(0.03)
        if chance.happens(0.1) { plan.queue = "side" }
        if chance.happens(0.3) { plan.priority = [0, 2, 3].randomElement(using: &chance) ?? 1 }
        change(&plan)
        plan.sent = clock.now
        return state.withLock { [plan] state in
            var plan = plan
            plan.job.number = state.plans.count
            plan.job.isPoison = poison.contains(plan.job.number)
            state.plans.append(plan)
            return plan
        }
    }

    /// It is known what became of them.
    func settle(_ numbers: [Int], committed: Bool) {
        settle(numbers, committed ? .committed(by: clock.now) : .rolledBack)
    }

    func settle(_ numbers: [Int], _ fate: JobHistory.Enqueued.Fate) {
        state.withLock { state in
            for number in numbers {
                state.plans[number].fate = fate
                if case .committed = fate { state.committed += 1 }
                if fate == .rolledBack { state.rolledBack += 1 }
            }
        }
    }
}
