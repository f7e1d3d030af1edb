// SPDX-License-Identifier: Apache-2.0

import StitchService
import Synchronization

extension JobWorker {
    /// Keeps the buffers filled until the worker is stopped.
    func claimJobs(into buffers: [String: JobBuffer<ClaimedJob>], _ kinds: KnownKinds, _ listener: JobListener) async {
        var sleep = SleepPlan(fallback: configuration.fallbackInterval)
        var lastClaim = ContinuousClock.now
        var lastPromotion = lastClaim
        var lastFound = lastClaim - .seconds(3600)
        var lastLook = lastClaim
        while !stopping.isOpen {
            do throws(JobError) {
                let registration: Registration
                if let current = identity.current {
                    registration = current
                } else {
                    registration = try await register(kinds)
                }
                var claimed = 0
                // Asked before each: a worker that was stopped gives back what it holds when the last was answered.
                for wish in plan.withLock({ $0.wishes }) where !stopping.isOpen {
                    let jobs = try await claim(wish, registration)
                    tally.unblock(.claims)
                    let now = ContinuousClock.now
                    plan.withLock { plan in
                        plan.passed(now - lastLook)
                        plan.claimed(jobs.count, of: wish, interval: now - lastClaim)
                    }
                    lastLook = now
                    lastClaim = now
                    claimed += jobs.count
                    buffers[wish.queue]?.add(jobs)
                }
                if claimed > 0 {
                    listener.wakeUp()
                    sleep.foundJobs(after: lastClaim - lastFound)
                    lastFound = lastClaim
                } else {
                    sleep.foundNone()
                }
                if sleep.isPromotionDue(isBusy: claimed > 0, since: .now - lastPromotion) {
                    try await store.promote(for: registration)
                    tally.unblock(.claims)
                    sleep.promoted()
                    lastPromotion = .now
                    if claimed == 0 { continue }
                }
                let now = ContinuousClock.now
                let (next, patience, hasRoom) = plan.withLock { plan in
                    plan.passed(now - lastLook)
                    return (plan.next, plan.patienceLeft, !plan.wishes.isEmpty)
                }
                lastLook = now
                if next == .claimAgain { continue }
                guard hasRoom else {
                    await wake.wait(atMost: min(configuration.fallbackInterval, patience ?? .seconds(86_400)))
                    continue
                }
                if sleep.isBusy {
                    try? await Task.sleep(for: SleepPlan.linger)
                } else {
                    try await fallAsleep(&sleep, listener)
                }
            } catch {
                if error.isWorkerUnknown { identity.current.map { identity.forget($0) } }
                tally.block(.claims, error.message)
                Diagnostics.log(.warning, "\(name) can't get jobs: \(error)")
                if !error.isWorkerUnknown { await wake.wait(atMost: configuration.fallbackInterval) }
            }
        }
        listener.wakeUp()
    }

    /// One claim; its number counts as held from before it is sent.
    func claim(_ wish: ClaimPlan.Wish, _ registration: Registration) async throws(JobError) -> [ClaimedJob] {
        let number = registration.beginClaim()
        do throws(JobError) {
            let jobs = try await store.claim(wish, number, as: registration, reservingIDs: reservesIDs)
            registration.claimAnswered(number, jobs: jobs.count)
            return jobs
        } catch {
            // If it was carried out all the same, the next heartbeat gives its jobs back.
            registration.claimAnswered(number, jobs: 0)
            throw error
        }
    }

    /// The last steps before a sleep: takes the sleeper's lock, looks once more, and sees to those who may not have seen it.
    private func fallAsleep(_ sleep: inout SleepPlan, _ listener: JobListener) async throws(JobError) {
        if listener.wasNotified {
            listener.wakeUp()
            sleep.wokeUp()
            return
        }
        switch sleep.step {
        case .takeLock:
            let isHeld = await listener.fallAsleep()
            sleep.lockTaken()
            if isHeld { sleep.others = try await store.openTransactions() }
        case .sleep:
            let due = try await store.nextDue()
            if sleep.lookedFor(due: due?.distance) { return }
            await wake.wait(atMost: sleep.time)
            if !sleep.others.isEmpty { sleep.others = try await store.openTransactions(among: sleep.others) }
            sleep.slept(isLocked: listener.isAsleep)
        }
    }
}

extension JobError {
    /// Whether the database knows the worker no more.
    var isWorkerUnknown: Bool { (cause as? PostgresError)?.code.sqlState == "SJ001" }
}
