// SPDX-License-Identifier: Apache-2.0

import Foundation
import MessageTracing
import StitchPostgres
import TelemetryAPI
public import TraceContext

/// Jobs in a schema of a Postgres database.
///
/// **Contract.** A value that may be shared by all tasks. It uses connections of the pool that it was given, which stays
/// with its owner. Jobs are carried out by a ``JobWorker``, at least once.
///
/// ```swift
/// let jobs = try JobQueue(database)
/// try await database.withTransaction { transaction in
///     try await transaction.execute("INSERT INTO orders (id) VALUES ($1)", 7)
///     try await jobs.enqueue(SendReceipt(orderID: 7), after: .seconds(60), in: transaction)
/// }
/// ```
public struct JobQueue: Sendable {
    /// How many attempts a job gets unless it is enqueued with another number.
    public static let defaultMaximumAttempts = 20

    /// The schema that holds the tables unless another is named.
    public static let defaultSchema = "stitch"

    /// The database that the jobs are in.
    public let database: PostgresPool

    let names: JobSchema
    let statements: EnqueueStatements
    let routes = KnownRoutes()
    private let baggage: BaggagePolicy

    /// Names the jobs of a database; nothing is read or written yet.
    ///
    /// - Parameters:
    ///   - database: The database.
    ///   - schema: The schema that holds the tables.
    ///   - baggage: Which of the current baggage jobs carry.
    /// - Throws: ``JobError/Code/invalidConfiguration`` if the schema's name can't be used.
    public init(
        _ database: PostgresPool,
        schema: String = defaultSchema,
        baggage: BaggagePolicy = .all
    ) throws(JobError) {
        self.database = database
        self.baggage = baggage
        names = try JobSchema(schema)
        statements = EnqueueStatements(names)
    }

    /// The schema that holds the tables.
    public var schema: String { names.name }

    /// Enqueues a job as part of a transaction: it exists when the transaction commits, and not at all otherwise.
    ///
    /// The job carries the trace that is current here. The first of a new queue or kind holds others of it up until the
    /// transaction ends, unless that is known already (``declare(queues:kinds:)``).
    ///
    /// - Parameters:
    ///   - job: What is to be done.
    ///   - queue: Which queue it waits in.
    ///   - delay: How long it waits at least.
    ///   - priority: Which jobs of the queue it goes before.
    ///   - maximumAttempts: After how many failures it is given up, 1 or more.
    ///   - wish: Whether its attempts are to continue this trace or to start one each, whatever the worker's own policy
    ///     says; `nil` leaves it to the worker.
    ///   - transaction: The transaction, on a connection to the queue's database. One statement is run, and another one
    ///     before it as long as the numbers of the queue and the kind are not known.
    /// - Returns: The job's id.
    /// - Throws: ``JobError``; the transaction can only be rolled back then.
    @discardableResult
    public func enqueue(
        _ job: some Job,
        queue: String = "default",
        after delay: Duration = .zero,
        priority: JobPriority = .normal,
        maximumAttempts: Int = defaultMaximumAttempts,
        wish: StitchField.Wish? = nil,
        in transaction: PostgresTransaction
    ) async throws(JobError) -> JobID {
        try await enqueue(NewJob(job, queue, delay, maximumAttempts, priority: priority), wish, transaction).id
    }

    /// Enqueues a job in a transaction of its own: it exists when this returns.
    ///
    /// The job carries the trace that is current here.
    ///
    /// - Parameters:
    ///   - job: What is to be done.
    ///   - queue: Which queue it waits in.
    ///   - delay: How long it waits at least.
    ///   - priority: Which jobs of the queue it goes before.
    ///   - maximumAttempts: After how many failures it is given up, 1 or more.
    ///   - wish: Whether its attempts are to continue this trace or to start one each, whatever the worker's own policy
    ///     says; `nil` leaves it to the worker.
    /// - Returns: The job's id.
    /// - Throws: ``JobError``; when the connection was lost, the job may exist all the same.
    @discardableResult
    public func enqueue(
        _ job: some Job,
        queue: String = "default",
        after delay: Duration = .zero,
        priority: JobPriority = .normal,
        maximumAttempts: Int = defaultMaximumAttempts,
        wish: StitchField.Wish? = nil
    ) async throws(JobError) -> JobID {
        try await enqueue(NewJob(job, queue, delay, maximumAttempts, priority: priority), wish, database).id
    }

    func enqueue(
        _ new: NewJob,
        _ wish: StitchField.Wish?,
        _ runner: some StatementRunner
    ) async throws(JobError) -> EnqueuedJob {
        let span = sendSpan(of: new, wish)
        do {
            let columns = CarrierColumns(span.carrier)
            let job =
                if new.isPlain { try await insert(new, columns, runner) } else {
                    try await runner.add(names.statement(new, columns), of: new.kind)
                }
            Self.end(span, job)
            return job
        } catch {
            throw failed(new, span, error)
        }
    }

    /// Ends the span of a job that is in the database now, or was already.
    static func end(_ span: SendSpan, _ job: EnqueuedJob) {
        span.end { attributes in
            attributes[MessagingConventions.Attribute.messageID] = .string(job.id.description)
            if !job.isNew { attributes[MessagingConventions.Attribute.jobDeduplicated] = true }
        }
    }

    func sendSpan(of new: NewJob, _ wish: StitchField.Wish?) -> SendSpan {
        SendSpan(to: target(queue: new.queue, kind: new.kind), wish: wish)
    }

    func target(queue: String, kind: String) -> MessageTarget {
        routes.target(queue: queue, kind: kind, baggage: baggage)
    }

    func failed(_ new: NewJob, _ span: SendSpan, _ error: any Error) -> JobError {
        span.fail(error, type: Self.errorType(of: error))
        return failure("Enqueueing a \(new.kind) job in queue \(new.queue)", error)
    }

    static func errorType(of error: any Error) -> String {
        let code = (error as? PostgresError)?.code
        return code.map { $0.sqlState ?? $0.description } ?? MessagingConventions.otherError
    }

    func failure(_ what: String, _ error: any Error) -> JobError {
        let lacksTables = (error as? PostgresError)?.lacksTables ?? false
        let advice = lacksTables ? " (call migrate() or run `stitch migrate` first)" : ""
        return JobError(.enqueueFailed, "\(what) of schema \(schema) failed\(advice)", cause: error)
    }
}
