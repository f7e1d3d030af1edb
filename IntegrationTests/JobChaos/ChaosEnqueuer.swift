// SPDX-License-Identifier: Apache-2.0

import ChaosJobs
import Foundation
import StitchPostgres
import TelemetryAPI
import TraceContext
import TracedJobs

/// Enqueues in all ways that there are, and writes down what became of it.
struct ChaosEnqueuer: Sendable {
    let jobs: JobQueue
    let log: EnqueueLog

    private struct ChangedMyMind: Error {}

    /// Enqueues something, in a way that is left to chance.
    func enqueue(using chance: inout SeededGenerator) async {
        switch Int.random(in: 0..<100, using: &chance) {
        case 0..<30: await alone(log.plan(using: &chance))
        case 30..<40:
            let delay = Double.random(in: 0.02...0.8, using: &chance)
            await alone(log.plan(using: &chance) { $0.delay = delay })
        case 40..<50:
            let key = "key \(Int.random(in: 0..<20, using: &chance))"
            await alone(log.plan(using: &chance) { $0.key = key })
        case 50..<65: await inBulk(using: &chance)
        case 65..<75: await bySQL(log.plan(using: &chance))
        case 75..<80: await manyBySQL(using: &chance)
        default: await inTransaction(using: &chance)
        }
    }

    /// Enqueues jobs in a transaction that is left open for a long time.
    func enqueuePatiently(_ time: Duration, using chance: inout SeededGenerator) async {
        let plans = (0..<3).map { _ in log.plan(using: &chance) }
        await settle(plans.map(\.job.number)) { isSent in
            try await jobs.database.withTransaction { transaction in
                for plan in plans { try await send(plan, in: transaction) }
                try await Task.sleep(for: time)
                isSent = true
            }
        }
    }

    // MARK: Ways

    private func alone(_ plan: JobHistory.Enqueued) async {
        do {
            if let key = plan.key {
                let made = try await jobs.enqueue(
                    plan.job,
                    unique: JobUniqueness(.text(key)),
                    queue: plan.queue,
                    priority: plan.jobPriority,
                    maximumAttempts: plan.attempts
                )
                if !made.isNew { return log.settle([plan.job.number], .duplicate) }
            } else {
                try await jobs.enqueue(
                    plan.job,
                    queue: plan.queue,
                    after: .seconds(plan.delay),
                    priority: plan.jobPriority,
                    maximumAttempts: plan.attempts
                )
            }
            log.settle([plan.job.number], committed: true)
        } catch {
            // Whether it is there nobody knows.
        }
    }

    private func inBulk(using chance: inout SeededGenerator) async {
        let plans = many(upTo: 60, using: &chance)
        do {
            try await jobs.enqueue(
                all: plans.map(\.job),
                queue: plans[0].queue,
                priority: plans[0].jobPriority,
                maximumAttempts: 3
            )
            log.settle(plans.map(\.job.number), committed: true)
        } catch {}
    }

    private func bySQL(_ plan: JobHistory.Enqueued) async {
        await withContext([plan.job.number]) { transaction in
            try await transaction.execute(
                "SELECT stitch.enqueue($1, $2::jsonb, $3, $4::integer, max_attempts => $5::integer)",
                ChaosJob.kind,
                plan.json,
                plan.queue,
                plan.priority,
                plan.attempts
            )
        }
    }

    private func manyBySQL(using chance: inout SeededGenerator) async {
        let plans = many(upTo: 20, using: &chance)
        await withContext(plans.map(\.job.number)) { transaction in
            try await transaction.execute(
                """
                SELECT stitch.enqueue_many($1, ARRAY(SELECT jsonb_array_elements($2::jsonb)), $3, $4::integer, 3)
                """,
                ChaosJob.kind,
                "[\(plans.map(\.json).joined(separator: ","))]",
                plans[0].queue,
                plans[0].priority
            )
        }
    }

    /// A transaction with the context of a span, as any language can set it.
    private func withContext(_ numbers: [Int], _ body: (PostgresTransaction) async throws -> Void) async {
        await settle(numbers) { isSent in
            try await withSpan("enqueue with SQL", ofKind: .producer) { span in
                try await jobs.database.withTransaction { transaction in
                    let parent = "\(span.context.traceParent)"
                    try await transaction.execute("SELECT set_config('stitch.traceparent', $1, true)", parent)
                    try await body(transaction)
                    isSent = true
                }
            }
        }
    }

    private func inTransaction(using chance: inout SeededGenerator) async {
        let plans = (0..<Int.random(in: 1...5, using: &chance)).map { _ in log.plan(using: &chance) }
        let time = Duration.milliseconds(chance.happens(0.5) ? 0 : Int.random(in: 1...250, using: &chance))
        let isKept = chance.happens(0.75)
        await settle(plans.map(\.job.number)) { isSent in
            try await jobs.database.withTransaction { transaction in
                for plan in plans { try await send(plan, in: transaction) }
                if time > .zero { try await Task.sleep(for: time) }
                guard isKept else { throw ChangedMyMind() }
                isSent = true
            }
        }
    }

    // MARK: What they have in common

    /// What failed before the COMMIT was sent was rolled back; after that nobody knows.
    private func settle(_ numbers: [Int], _ transaction: (inout Bool) async throws -> Void) async {
        var isSent = false
        do {
            try await transaction(&isSent)
            log.settle(numbers, committed: true)
        } catch {
            if !isSent { log.settle(numbers, committed: false) }
        }
    }

    private func send(_ plan: JobHistory.Enqueued, in transaction: PostgresTransaction) async throws {
        try await jobs.enqueue(
            plan.job,
            queue: plan.queue,
            priority: plan.jobPriority,
            maximumAttempts: plan.attempts,
            in: transaction
        )
    }

    /// Jobs that have queue and priority in common.
    private func many(upTo limit: Int, using chance: inout SeededGenerator) -> [JobHistory.Enqueued] {
        let first = log.plan(using: &chance)
        return [first]
            + (1..<Int.random(in: 2...limit, using: &chance)).map { _ in
                log.plan(using: &chance) { ($0.queue, $0.priority) = (first.queue, first.priority) }
            }
    }
}

extension JobHistory.Enqueued {
    fileprivate var jobPriority: JobPriority { JobPriority(rawValue: priority) ?? .normal }

    /// As many as it takes: if one is used up by something else, it dies.
    fileprivate var attempts: Int { job.failures + 1 }

    fileprivate var json: String {
        (try? JSONEncoder().encode(job)).map { String(decoding: $0, as: UTF8.self) } ?? "{}"
    }
}
