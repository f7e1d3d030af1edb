// SPDX-License-Identifier: Apache-2.0

import Foundation
import MessageTracing
import StitchPostgres
import TelemetryData
public import TraceContext

extension JobQueue {
    /// Enqueues a job unless there is one of its key already.
    ///
    /// - Parameters:
    ///   - job: What is to be done.
    ///   - unique: Of which jobs there is one at a time.
    ///   - queue: Which queue it waits in.
    ///   - delay: How long it waits at least.
    ///   - priority: Which jobs of the queue it goes before.
    ///   - maximumAttempts: After how many failures it is given up, 1 or more.
    ///   - wish: Whether its attempts are to continue this trace or to start one each; `nil` leaves it to the worker.
    ///   - transaction: The transaction that it is part of; one of its own unless given. Another one that enqueues a job of
    ///     the same key waits for its end. Enqueue several in the same order everywhere.
    /// - Returns: The job, or the one that was there.
    /// - Throws: ``JobError``.
    public func enqueue(
        _ job: some Job,
        unique: JobUniqueness,
        queue: String = "default",
        after delay: Duration = .zero,
        priority: JobPriority = .normal,
        maximumAttempts: Int = defaultMaximumAttempts,
        wish: StitchField.Wish? = nil,
        in transaction: PostgresTransaction? = nil
    ) async throws(JobError) -> EnqueuedJob {
        let new = try NewJob(job, queue, delay, maximumAttempts, priority: priority, unique: unique)
        if let transaction { return try await enqueue(new, wish, transaction) }
        return try await enqueue(new, wish, database)
    }

    /// Enqueues a job on a connection of another client library, inside the `send` span.
    ///
    /// ```swift
    /// try await client.withTransaction { connection in
    ///     _ = try await jobs.enqueue(SendReceipt(orderID: 7)) { sql in try await connection.query(PostgresQuery(sql)) }
    /// }
    /// ```
    ///
    /// - Parameters:
    ///   - job: What is to be done.
    ///   - queue: Which queue it waits in.
    ///   - delay: How long it waits at least.
    ///   - priority: Which jobs of the queue it goes before.
    ///   - maximumAttempts: After how many failures it is given up, 1 or more.
    ///   - unique: Of which jobs there is one at a time; then the row's `is_new` says whether it was enqueued.
    ///   - wish: Whether its attempts are to continue this trace or to start one each; `nil` leaves it to the worker.
    ///   - run: Runs the statement, once, on a connection to the queue's database.
    /// - Returns: What `run` returns.
    /// - Throws: ``JobError`` if the job can't be enqueued at all, and what `run` throws.
    public func enqueue<Answer>(
        _ job: some Job,
        queue: String = "default",
        after delay: Duration = .zero,
        priority: JobPriority = .normal,
        maximumAttempts: Int = defaultMaximumAttempts,
        unique: JobUniqueness? = nil,
        wish: StitchField.Wish? = nil,
        _ run: (JobStatement) async throws -> Answer
    ) async throws -> Answer {
        let new = try NewJob(job, queue, delay, maximumAttempts, priority: priority, unique: unique)
        let span = sendSpan(of: new, wish)
        do {
            let answer = try await run(names.statement(new, CarrierColumns(span.carrier)))
            span.end { _ in }
            return answer
        } catch {
            span.fail(error, type: Self.errorType(of: error))
            throw error
        }
    }
}
