// SPDX-License-Identifier: Apache-2.0

import MessageTracing
import StitchPostgres
import TelemetryData
public import TraceContext

extension JobQueue {
    /// From how many jobs on they are written by COPY, which takes more round trips and less of everything else.
    private static let copiedFrom = 256

    /// Enqueues many jobs of one kind together: all of them exist, or none.
    ///
    /// Each has a `create` span, which is what it carries, and one `send` span links to all of them. They are written by
    /// one statement, or by COPY where they are many; then their data is encoded while it is sent. Those that are to wait are
    /// written by a statement each, many of them sent at once.
    ///
    /// - Parameters:
    ///   - jobs: What is to be done.
    ///   - queue: Which queue they wait in.
    ///   - delay: How long they wait at least.
    ///   - priority: Which jobs of the queue they go before.
    ///   - maximumAttempts: After how many failures each is given up, 1 or more.
    ///   - wish: Whether their attempts are to continue this trace or to start one each; `nil` leaves it to the worker.
    ///   - createSpans: Whether each job has a span of its own; else all carry the `send` span.
    ///   - transaction: The transaction that they are part of; one of their own unless given.
    /// - Returns: The jobs' ids, in the order of the jobs.
    /// - Throws: ``JobError``.
    @discardableResult
    public func enqueue<Description: Job>(
        all jobs: [Description],
        queue: String = "default",
        after delay: Duration = .zero,
        priority: JobPriority = .normal,
        maximumAttempts: Int = defaultMaximumAttempts,
        wish: StitchField.Wish? = nil,
        createSpans: Bool = true,
        in transaction: PostgresTransaction? = nil
    ) async throws(JobError) -> [JobID] {
        guard !jobs.isEmpty else { return [] }
        try NewJob.check(queue: queue, kind: Description.kind, delay, maximumAttempts)
        let span = BatchSendSpan(
            ofCount: jobs.count,
            to: target(queue: queue, kind: Description.kind),
            createSpans: createSpans,
            wish: wish
        )
        let new = NewJobs(jobs, queue: queue, delay: delay, priority: priority, maximumAttempts: maximumAttempts)
        do {
            let ids = try await write(new, carrying: span, transaction)
            guard ids.count == jobs.count else {
                throw JobError(.databaseFailed, "\(jobs.count) jobs were written, and \(ids.count) ids came back")
            }
            span.end()
            return ids.map { JobID(rawValue: $0) }
        } catch {
            span.end(
                failures: jobs.indices.map {
                    BatchSendSpan.Failure(index: $0, error: error, type: Self.errorType(of: error))
                }
            )
            if let error = error as? PostgresError, error.code == .invalidParameter, let cause = error.cause {
                throw JobError(.invalidPayload, error.message, cause: cause)
            }
            if let error = error as? JobError, error.code == .invalidPayload { throw error }
            throw failure("Enqueueing \(jobs.count) \(Description.kind) jobs in queue \(queue)", error)
        }
    }

    private func write(
        _ new: NewJobs<some Job>,
        carrying span: BatchSendSpan,
        _ transaction: PostgresTransaction?
    ) async throws -> [Int64] {
        if new.delay > .zero {
            let rows = try new.rows
            if let transaction { return try await wait(rows, carrying: span, transaction) }
            return try await database.withTransaction { try await wait(rows, carrying: span, $0) }
        }
        guard new.jobs.count >= Self.copiedFrom else {
            if let transaction { return try await insert(new, carrying: span, transaction) }
            return try await insert(new, carrying: span, database)
        }
        if let transaction { return try await copy(new, carrying: span, transaction) }
        return try await database.withTransaction { try await copy(new, carrying: span, $0) }
    }

    /// Writes jobs that are to wait.
    private func wait(
        _ rows: [NewJob],
        carrying span: BatchSendSpan,
        _ transaction: PostgresTransaction
    ) async throws -> [Int64] {
        try await add(rows, inTurn: false, { span.columns($0) }, transaction).map(\.id.rawValue)
    }

    /// Writes jobs by one statement.
    private func insert(
        _ new: NewJobs<some Job>,
        carrying span: BatchSendSpan,
        _ runner: some StatementRunner
    ) async throws -> [Int64] {
        let payloads = try new.jobs.indices.map { try new.payload($0) }
        let columns = new.jobs.indices.map { span.columns($0) }
        let (traces, flags) = (BulkColumn(columns, \.traceUUID), BulkColumn(columns, \.flags))
        let (states, baggage) = (BulkColumn(columns, \.state), BulkColumn(columns, \.baggage))
        let others = BulkColumn(columns, \.others)
        return try await withRoute(new.queue, new.kind, runner) { route in
            let result = try await runner.fetch(
                statements.bulkInsertion,
                route.era,
                route.lane(new.priority),
                route.kind,
                payloads,
                new.maximumAttempts,
                traces.each,
                columns.map(\.spanNumber),
                flags.each,
                states.each,
                baggage.each,
                others.each,
                traces.all,
                flags.all,
                states.all,
                baggage.all,
                others.all
            )
            return try result.map { row throws(PostgresError) in try row.decode(0, as: [Int64]?.self) }.first ?? nil
        }
    }

    /// Writes jobs by COPY.
    private func copy(
        _ new: NewJobs<some Job>,
        carrying span: BatchSendSpan,
        _ transaction: PostgresTransaction
    ) async throws -> [Int64] {
        try await withRoute(new.queue, new.kind, transaction) { route in
            guard let row = try await transaction.query(statements.preparation).first,
                try row.decode("era") == route.era
            else { return nil }
            let now: PostgresInstant = try row.decode("now")
            let lane = route.lane(new.priority)
            try await transaction.copy(into: statements.table, columns: EnqueueStatements.columns, new.jobs.indices) {
                index,
                row throws(PostgresError) in
                let columns = span.columns(index)
                try row.write(now)
                try row.write(lane)
                try row.write(route.kind)
                try row.write(try new.payload(index))
                try row.write(new.maximumAttempts)
                try row.write(columns.traceUUID)
                try row.write(columns.spanNumber)
                try row.write(columns.flags ?? 0)
                try row.write(columns.state)
                try row.write(columns.baggage)
                try row.write(columns.others)
            }
            let written = try await transaction.fetch(statements.conclusion, lane, new.jobs.count)
            return try written.map { row throws(PostgresError) in try row.decode(0, as: [Int64]?.self) }.first ?? []
        }
    }
}

extension BatchSendSpan {
    /// What the job of a place carries, as columns.
    fileprivate func columns(_ index: Int) -> CarrierColumns {
        plainCarrier(index).map { CarrierColumns($0) } ?? CarrierColumns(carrier(index))
    }
}

/// A column of many rows, which is one value where all have the same: so it is mostly, since they are of one span.
private struct BulkColumn<Value: Equatable> {
    /// What each row has; `nil` where all have ``all``.
    let each: [Value?]?
    let all: Value?

    init(_ rows: [CarrierColumns], _ column: (CarrierColumns) -> Value?) {
        let first = rows.first.flatMap(column)
        let isShared = rows.allSatisfy { column($0) == first }
        each = isShared ? nil : rows.map(column)
        all = isShared ? first : nil
    }
}
