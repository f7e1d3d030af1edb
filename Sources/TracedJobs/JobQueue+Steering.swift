// SPDX-License-Identifier: Apache-2.0

import StitchPostgres

extension JobQueue {
    /// What became of a wish to cancel a job.
    public enum Cancellation: Sendable, Hashable {
        /// The job is cancelled.
        case cancelled
        /// It will be: by the worker that has it, or that gets it.
        case ordered
        /// It had ended, or never was.
        case finished
    }

    /// Cancels a job, also one that runs: its worker is told at once, or with its next sign of life.
    ///
    /// While more than 10,000 such wishes are open, workers are told of the newest: the others count when the job is claimed,
    /// or when its attempt ends otherwise than by success.
    ///
    /// - Parameters:
    ///   - job: The job.
    ///   - reason: Why, for people.
    /// - Returns: What became of it.
    /// - Throws: ``JobError/Code/databaseFailed``.
    @discardableResult
    public func cancel(_ job: JobID, reason: String = "cancelled") async throws(JobError) -> Cancellation {
        let row = try await ask(
            "Cancelling job \(job)",
            "SELECT \(names["cancel"])($1::bigint, $2) AS answer",
            job.rawValue,
            AttemptVerdict.storable(reason)
        )
        return switch row {
        case "cancelled": .cancelled
        case "ordered": .ordered
        default: .finished
        }
    }

    /// Makes a job ready that is dead, cancelled, discarded, done or not due yet.
    ///
    /// One that is revived has a `settle` span for that, with the reason `redrive`, below its last attempt.
    ///
    /// - Parameters:
    ///   - job: The job.
    ///   - attempts: How many attempts more it gets, 1 to 32,000; as many as it was enqueued with unless given.
    /// - Returns: Whether it is ready now; not if it waits or runs already, isn't there any more, or another job has its key.
    /// - Throws: ``JobError/Code/databaseFailed``, ``JobError/Code/invalidConfiguration`` for a number that can't be.
    @discardableResult
    public func retry(_ job: JobID, attempts: Int? = nil) async throws(JobError) -> Bool {
        if let attempts, !(1...NewJob.attemptLimit).contains(attempts) {
            throw JobError(
                .invalidConfiguration,
                "Job \(job) can't get \(attempts) attempts more; 1 to \(NewJob.attemptLimit)"
            )
        }
        return try await revive(
            "Retrying job \(job)",
            "SELECT \(names["retry"])($1::bigint, $2::integer)::text AS answer",
            job.rawValue,
            attempts
        ) == "true"
    }

    /// How many jobs are revived in one transaction.
    private static let revivedTogether = 1000

    /// Revives dead jobs, the oldest first, a thousand in each transaction, each with a `settle` span as by
    /// ``retry(_:attempts:)``.
    ///
    /// Jobs that die meanwhile are left, and so are those whose unique key another job has.
    ///
    /// - Parameters:
    ///   - queue: Of which queue; all unless given.
    ///   - kind: Of which kind; all unless given.
    ///   - limit: How many at most.
    /// - Returns: How many.
    /// - Throws: ``JobError/Code/databaseFailed``; jobs may have been revived before that, which go on.
    @discardableResult
    public func redrive(queue: String? = nil, kind: String? = nil, limit: Int = 1000) async throws(JobError) -> Int {
        let begun = try await ask("Reviving dead jobs", "SELECT \(names["now"])()::text AS answer")
        let sql = "SELECT \(names["redrive"])($1::text, $2::text, $3::integer, $4::text::timestamptz)::text AS answer"
        var revived = 0
        while revived < limit {
            let most = min(limit - revived, Self.revivedTogether)
            let answer = try await revive("Reviving dead jobs", sql, queue, kind, most, begun)
            guard let number = answer.flatMap({ Int($0) }), number > 0 else { break }
            revived += number
        }
        return revived
    }

    /// Lets nothing be claimed from a queue until it is resumed; what runs goes on.
    ///
    /// - Throws: ``JobError/Code/databaseFailed``.
    public func pause(_ queue: String) async throws(JobError) {
        try await ask("Pausing queue \(queue)", "SELECT \(names["pause"])($1)::text AS answer", queue)
    }

    /// Lets jobs be claimed from a queue again.
    ///
    /// - Throws: ``JobError/Code/databaseFailed``.
    public func resume(_ queue: String) async throws(JobError) {
        try await ask("Resuming queue \(queue)", "SELECT \(names["resume"])($1)::text AS answer", queue)
    }

    /// Makes queues and kinds known before their first jobs, as workers do for theirs.
    ///
    /// The first job of a queue or a kind makes it known, and holds others of it up until its transaction ends. Who enqueues
    /// in long transactions calls this at the start.
    ///
    /// - Parameters:
    ///   - queues: The queues.
    ///   - kinds: The kinds.
    /// - Throws: ``JobError/Code/databaseFailed``.
    public func declare(queues: [String], kinds: [any Job.Type]) async throws(JobError) {
        for queue in queues {
            try await ask("Declaring queue \(queue)", "SELECT \(names["queue_id"])($1)::text AS answer", queue)
        }
        for kind in kinds {
            try await ask("Declaring kind \(kind.kind)", "SELECT \(names["kind_id"])($1)::text AS answer", kind.kind)
        }
    }

    /// What holds the queue up.
    public struct Finding: Sendable, Hashable {
        /// What is wrong, by a name that does not change, such as `no worker`.
        public var name: String
        /// Which queue it concerns; `nil` for all.
        public var queue: String?
        /// What is known of it, for people.
        public var detail: String
        /// The backend that is to blame, for `pg_terminate_backend`.
        public var backend: Int?
    }

    /// Looks for what holds the queue up, the worst first; nothing if all is well.
    ///
    /// - Throws: ``JobError/Code/databaseFailed``.
    public func findings() async throws(JobError) -> [Finding] {
        do {
            let rows = try await database.query("SELECT finding, queue, detail, pid FROM \(names["health"])()")
            return try rows.map { row throws(PostgresError) in
                Finding(
                    name: try row.decode("finding"),
                    queue: try row.decode("queue"),
                    detail: try row.decode("detail"),
                    backend: try row.decode("pid")
                )
            }
        } catch {
            throw JobError(.databaseFailed, "Looking for what holds the queue up failed", cause: error)
        }
    }

    @discardableResult
    func ask(
        _ what: String,
        _ sql: String,
        _ values: any PostgresEncodable...
    ) async throws(JobError) -> String? {
        do {
            let rows =
                switch values.count {
                case 0: try await database.query(sql)
                case 1: try await database.query(sql, values[0])
                case 2: try await database.query(sql, values[0], values[1])
                default: try await database.query(sql, values[0], values[1], values[2], values[3])
                }
            return try rows.first?.decode("answer")
        } catch {
            throw JobError(.databaseFailed, "\(what) failed", cause: error)
        }
    }
}
