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
    }

    /// The schema that holds the tables.
    public var schema: String { names.name }

    /// Enqueues a job as part of a transaction: it exists when the transaction commits, and not at all otherwise.
    ///
    /// The job carries the trace that is current here.
    ///
    /// - Parameters:
    ///   - job: What is to be done.
    ///   - queue: Which queue it waits in.
    ///   - delay: How long it waits at least.
    ///   - maximumAttempts: After how many failures it is given up, 1 or more.
    ///   - wish: Whether its attempts are to continue this trace or to start one each, whatever the worker's own policy
    ///     says; `nil` leaves it to the worker.
    ///   - transaction: The transaction, on a connection to the queue's database. One statement is run.
    /// - Returns: The job's id.
    /// - Throws: ``JobError``; the transaction can only be rolled back then.
    @discardableResult
    public func enqueue(
        _ job: some Job,
        queue: String = "default",
        after delay: Duration = .zero,
        maximumAttempts: Int = defaultMaximumAttempts,
        wish: StitchField.Wish? = nil,
        in transaction: PostgresTransaction
    ) async throws(JobError) -> JobID {
        try await enqueue(NewJob(job, queue, delay, maximumAttempts), wish) { sql, new, columns throws(PostgresError) in
            try await transaction.query(
                sql,
                new.queue,
                new.kind,
                Array(new.payload.utf8),
                new.delay.inSeconds,
                new.maximumAttempts,
                columns.traceUUID,
                columns.spanNumber,
                columns.flags ?? 0,
                columns.state,
                columns.baggage,
                columns.others
            )
        }
    }

    /// Enqueues a job in a transaction of its own: it exists when this returns.
    ///
    /// The job carries the trace that is current here.
    ///
    /// - Parameters:
    ///   - job: What is to be done.
    ///   - queue: Which queue it waits in.
    ///   - delay: How long it waits at least.
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
        maximumAttempts: Int = defaultMaximumAttempts,
        wish: StitchField.Wish? = nil
    ) async throws(JobError) -> JobID {
        try await enqueue(NewJob(job, queue, delay, maximumAttempts), wish) { sql, new, columns throws(PostgresError) in
            try await database.query(
                sql,
                new.queue,
                new.kind,
                Array(new.payload.utf8),
                new.delay.inSeconds,
                new.maximumAttempts,
                columns.traceUUID,
                columns.spanNumber,
                columns.flags ?? 0,
                columns.state,
                columns.baggage,
                columns.others
            )
        }
    }

    private func enqueue(
        _ new: NewJob,
        _ wish: StitchField.Wish?,
        run: (String, NewJob, CarrierColumns) async throws(PostgresError) -> [PostgresRow]
    ) async throws(JobError) -> JobID {
        let span = SendSpan(to: .jobs(queue: new.queue, kind: new.kind, baggage: baggage), wish: wish)
        do {
            let rows = try await run(insertion(isDelayed: new.delay > .zero), new, CarrierColumns(span.carrier))
            let ids = try rows.map { row throws(PostgresError) in JobID(rawValue: try row.decode("id")) }
            guard let id = ids.first else {
                throw JobError(.databaseFailed, "The INSERT of a \(new.kind) job returned no row")
            }
            span.end { $0[MessagingConventions.Attribute.messageID] = .string(id.description) }
            return id
        } catch {
            let code = (error as? PostgresError)?.code
            span.fail(error, type: code.map { $0.sqlState ?? $0.description } ?? MessagingConventions.otherError)
            let advice = ["3F000", "42P01"].contains(code?.sqlState) ? " (call migrate() first)" : ""
            throw JobError(
                .enqueueFailed,
                "Enqueueing a \(new.kind) job in queue \(new.queue) of schema \(schema) failed\(advice)",
                cause: error
            )
        }
    }

    /// One statement: the ticket, and a word to workers if one sleeps, which the server passes on at the commit.
    private func insertion(isDelayed: Bool) -> String {
        let ids = """
            named AS MATERIALIZED (
                SELECT coalesce((SELECT id FROM \(names["queue"]) WHERE name = $1), \(names["queue_id"])($1)) AS queue,
                    coalesce((SELECT id FROM \(names["kind"]) WHERE name = $2), \(names["kind_id"])($2)) AS kind
            )
            """
        if isDelayed {
            return """
                WITH instant AS (SELECT \(names["now"])()), \(ids)
                SELECT added.id FROM named CROSS JOIN LATERAL \(names["add"])(named.queue, named.kind, $3::bytea, 1,
                    $4::float8 * interval '1 second', $5::integer, $6::uuid, $7::bigint, $8::integer, $9, $10, $11::jsonb)
                    AS added
                """
        }
        return """
            WITH instant AS MATERIALIZED (SELECT \(names["now"])() AS now, $4::float8), \(ids), inserted AS (
                INSERT INTO \(names["job"]) (created_at, lane, kind, payload, max_attempts, trace_id, span_id, flags,
                    tracestate, baggage, carrier)
                SELECT instant.now, \(names["lane"])(named.queue, 1), named.kind, $3::bytea, $5::smallint, $6::uuid,
                    $7::bigint, $8::smallint, $9, $10, $11::jsonb
                FROM instant, named
                RETURNING seq, lane
            )
            SELECT seq AS id, \(names["wake"])(lane / 8) FROM inserted
            """
    }
}
