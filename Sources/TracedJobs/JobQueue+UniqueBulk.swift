// SPDX-License-Identifier: Apache-2.0

import MessageTracing
public import StitchPostgres
public import TraceContext

extension JobQueue {
    /// How many statements are sent before their answers are taken.
    private static let statementsAtOnce = 256

    /// Enqueues jobs of one kind, each unless there is one of its key already: all that are new exist, or none.
    ///
    /// Each has a `send` span. The keys are taken in an order of their own, so that two who enqueue the same jobs at once
    /// wait one for the other, however they have sorted them.
    ///
    /// - Parameters:
    ///   - jobs: What is to be done.
    ///   - queue: Which queue they wait in.
    ///   - delay: How long they wait at least.
    ///   - priority: Which jobs of the queue they go before.
    ///   - maximumAttempts: After how many failures each is given up, 1 or more.
    ///   - wish: Whether their attempts are to continue this trace or to start one each; `nil` leaves it to the worker.
    ///   - transaction: The transaction that they are part of; one of their own unless given.
    ///   - unique: Of which jobs there is one at a time.
    /// - Returns: Each job, or the one that was there, in the order of the jobs.
    /// - Throws: ``JobError``.
    public func enqueue<Description: Job>(
        all jobs: [Description],
        queue: String = "default",
        after delay: Duration = .zero,
        priority: JobPriority = .normal,
        maximumAttempts: Int = defaultMaximumAttempts,
        wish: StitchField.Wish? = nil,
        in transaction: PostgresTransaction? = nil,
        unique: (Description) -> JobUniqueness
    ) async throws(JobError) -> [EnqueuedJob] {
        guard !jobs.isEmpty else { return [] }
        var new: [NewJob] = []
        for job in jobs {
            new.append(try NewJob(job, queue, delay, maximumAttempts, priority: priority, unique: unique(job)))
        }
        let spans = new.map { sendSpan(of: $0, wish) }
        do {
            let found: [EnqueuedJob]
            if let transaction {
                found = try await add(new, inTurn: true, { spans[$0].columns }, transaction)
            } else {
                found = try await database.withTransaction {
                    try await add(new, inTurn: true, { spans[$0].columns }, $0)
                }
            }
            for (job, span) in zip(found, spans) { Self.end(span, job) }
            return found
        } catch {
            for span in spans { span.fail(error, type: Self.errorType(of: error)) }
            throw failure("Enqueueing \(jobs.count) \(Description.kind) jobs in queue \(queue)", error)
        }
    }

    /// Enqueues jobs by a statement each, many of them sent before the first is answered.
    ///
    /// - Parameters:
    ///   - new: The jobs.
    ///   - inTurn: Whether by the order of their keys rather than as they come.
    ///   - columns: What the job of a place carries.
    ///   - transaction: What they are part of.
    /// - Returns: Each job, or the one that was there, in the order of the jobs.
    /// - Throws: What the database says, or that it answered less than was asked.
    func add(
        _ new: [NewJob],
        inTurn: Bool,
        _ columns: (Int) -> CarrierColumns,
        _ transaction: PostgresTransaction
    ) async throws -> [EnqueuedJob] {
        var rest = inTurn ? Self.inTurn(new)[...] : Array(new.indices)[...]
        var found: [EnqueuedJob?] = Array(repeating: nil, count: new.count)
        while !rest.isEmpty {
            let part = rest.prefix(Self.statementsAtOnce)
            rest = rest.dropFirst(Self.statementsAtOnce)
            var batch = PostgresBatch()
            for index in part {
                let statement = names.statement(new[index], columns(index))
                try batch.add(statement.sql, parameters: statement.parameters)
            }
            for (index, result) in zip(part, try await transaction.run(batch)) {
                found[index] = try result.rows.first.map { row in
                    EnqueuedJob(id: JobID(rawValue: try row.decode("id")), isNew: try row.decode("is_new"))
                }
            }
        }
        let all = found.compactMap { $0 }
        guard all.count == new.count else {
            throw JobError(.databaseFailed, "\(new.count) jobs were enqueued, and \(all.count) ids came back")
        }
        return all
    }

    private static func inTurn(_ new: [NewJob]) -> [Int] {
        let keys = new.map(\.keyInOrder)
        // Of equal ones the first is the one that is new.
        return new.indices.sorted { one, other in
            if keys[one] == keys[other] { return one < other }
            return keys[one].lexicographicallyPrecedes(keys[other])
        }
    }
}

extension SendSpan {
    fileprivate var columns: CarrierColumns { CarrierColumns(carrier) }
}

extension NewJob {
    /// What tells its key from others of its kind, in bytes that have an order.
    fileprivate var keyInOrder: [UInt8] {
        if case .text(let text)? = unique?.key { return [1] + Array(text.utf8) }
        return [0] + payload
    }
}
