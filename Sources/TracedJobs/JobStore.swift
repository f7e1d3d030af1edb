// SPDX-License-Identifier: Apache-2.0

import Foundation
import MessageTracing
import StitchPostgres
import TelemetryData
import TraceContext

/// What a worker says to the database, one statement each.
///
/// Nothing here is cut short when the worker's task is cancelled: a claim or a completion whose answer nobody heard
/// would hold jobs up until the next heartbeat.
struct JobStore: Sendable {
    let database: PostgresPool
    let names: JobSchema

    /// Registers a worker.
    func register(
        _ configuration: JobWorkerConfiguration,
        kinds known: KnownKinds,
        reservesIDs: Bool
    ) async throws(JobError) -> Registration {
        let queues = configuration.queues.keys.sorted()
        let kinds = known.names
        let sql = """
            SELECT worker, queue_ids::text AS queue_ids, kind_ids::text AS kind_ids, \(names["wake_channel"])() AS channel,
                (SELECT max(version) FROM \(names["schema_version"])) AS version
            FROM \(names["register"])($1, $2::float8 * interval '1 second', $3::text[], $4::text[], $5::jsonb, $6::boolean)
            """
        let row = try await answered("Registering a worker") { [self] () async throws(PostgresError) in
            try await database.query(
                sql,
                configuration.name,
                configuration.lease.inSeconds,
                queues,
                kinds,
                known.policy,
                reservesIDs
            )
            .first
        }
        do {
            guard let row else { throw JobError(.databaseFailed, "Registering a worker returned no row") }
            let version: Int = try row.decode("version")
            guard version == JobSchema.version else {
                throw JobError(
                    .migrationFailed,
                    "Schema \(names.name) is at version \(version), and this program needs \(JobSchema.version); call migrate()"
                )
            }
            return Registration(
                worker: try row.decode("worker"),
                queues: Dictionary(zip(queues, numbers(try row.decode("queue_ids"))), uniquingKeysWith: { $1 }),
                kinds: Dictionary(zip(numbers(try row.decode("kind_ids")), kinds), uniquingKeysWith: { $1 }),
                channel: try row.decode("channel")
            )
        } catch let error as JobError {
            throw error
        } catch {
            throw JobError(.databaseFailed, "Registering a worker failed", cause: error)
        }
    }

    /// Claims jobs of a queue; returns how many it got.
    func claim(
        _ wish: ClaimPlan.Wish,
        _ number: Int64,
        as worker: Registration,
        reservingIDs: Bool
    ) async throws(JobError) -> [ClaimedJob] {
        guard let queue = worker.queues[wish.queue] else { return [] }
        var random = SystemRandomNumberGenerator()
        let root: Int64? = reservingIDs ? Int64(bitPattern: random.next() | 1) : nil
        let spans: [UInt8]? =
            reservingIDs ? (0..<wish.count).flatMap { _ in SpanID(bits: random.next() | 1).bytes } : nil
        let claim = """
            SELECT \(names["claim"])($1::bigint, $2::bigint, $3::integer, $4::integer, $5::bigint, $6::bytea, $7::integer,
                $8::integer) AS count
            """
        let fetch = "SELECT * FROM \(names["fetch_jobs"])($1::bigint, $2::bigint) ORDER BY no, ord"
        return try await answered("Claiming jobs") { [self] () async throws in
            // One round trip, and a transaction each: no lane is held while rows are on their way.
            var batch = PostgresBatch()
            try batch.add(
                claim,
                worker.worker,
                number,
                queue,
                wish.count,
                root,
                spans,
                wish.mode.rawValue,
                wish.firstPriority
            )
            try batch.add(fetch, worker.worker, number)
            let answers = try await database.withConnection { [batch] connection in try await connection.runEach(batch)
            }
            let count = try answers[0].get().rows.first?.decode("count", as: Int.self)
            guard let count, count > 0 else { return [] }
            return try answers[1].get().rows.map { row throws(PostgresError) in
                try ClaimedJob(
                    row,
                    worker: worker.worker,
                    claim: number,
                    in: wish.queue,
                    target: { worker.target(queue: wish.queue, kind: $0) },
                    kind: { worker.kinds[$0] ?? Registration.unknownKind }
                )
            }
        }
    }

    /// Completes jobs that succeeded.
    ///
    /// - Returns: The receipts of which it completed some.
    func complete(_ batch: CompletionBatch) async throws(JobError) -> Set<Int64> {
        let sql = "SELECT no FROM \(names["ack"])($1::bigint, $2::bigint[], $3::bigint[], $4::varbit[])"
        return try await answered("Completing jobs") { [self] () async throws(PostgresError) in
            let rows = try await database.query(sql, batch.worker, batch.claims, batch.numbers, batch.masks)
            return Set(try rows.map { row throws(PostgresError) in try row.decode("no", as: Int64.self) })
        }
    }

    /// Says what became of single jobs.
    ///
    /// - Returns: What each of those is now that this worker still held.
    func settle(_ ends: [EndedAttempt], worker: Int64) async throws(JobError) -> [ClaimedJob.Place: String] {
        let sql = """
            SELECT s.no, s.ord, s.became FROM (
                SELECT array_agg(c) AS c, array_agg(no) AS no, array_agg(ord) AS ord, array_agg(outcome) AS outcome,
                    array_agg(delay) AS delay, array_agg(reason) AS reason, array_agg(trace) AS trace,
                    array_agg(span) AS span, array_agg(flags) AS flags
                FROM jsonb_to_recordset($2::jsonb) AS x (c bigint, no bigint, ord integer, outcome integer, delay float8,
                    reason text, trace uuid, span bigint, flags smallint)
            ) AS a, \(names["settle"])($1::bigint, a.c, a.no, a.ord, a.outcome, a.delay, a.reason, a.trace, a.span, a.flags) AS s
            """
        let json: Data
        do { json = try JSONEncoder().encode(ends.map { Settlement($0) }) } catch {
            throw JobError(.databaseFailed, "What became of jobs can't be written as JSON", cause: error)
        }
        let places = Dictionary(ends.map { (Pair($0.place), $0.place) }, uniquingKeysWith: { $1 })
        return try await answered("Settling jobs") { [self] () async throws(PostgresError) in
            let rows = try await database.query(sql, worker, String(decoding: json, as: UTF8.self))
            var became: [ClaimedJob.Place: String] = [:]
            for row in rows {
                let pair = Pair(receipt: try row.decode("no"), ordinal: try row.decode("ord"))
                if let place = places[pair] { became[place] = try row.decode("became") }
            }
            return became
        }
    }

    /// Gives a sign of life; `nil` if the worker was given up.
    func beat(_ worker: Int64, holding claims: [Int64], of last: Int64) async throws(JobError) -> Pulse? {
        let sql = """
            SELECT is_alive, stop::text AS stop, solo::text AS solo
            FROM \(names["beat"])($1::bigint, $2::bigint[], $3::bigint)
            """
        return try await answered("The heartbeat") { [self] () async throws(PostgresError) in
            guard let row = try await database.query(sql, worker, claims, last).first,
                try row.decode("is_alive", as: Bool.self)
            else { return nil }
            return Pulse(
                stop: Set(numbers(try row.decode("stop")).map { JobID(rawValue: $0) }),
                solo: Set(numbers(try row.decode("solo")))
            )
        }
    }

    /// Puts jobs that are due back into their lanes.
    func promote(kinds: [Int32]) async throws(JobError) {
        try await answered("Looking for jobs that are due") { [self] () async throws(PostgresError) in
            _ = try await database.query(
                "SELECT \(names["promote"])($1::integer[])",
                kinds.map { Int64($0) }
            )
        }
    }

    /// When the next job is due that isn't yet, or, if wanted, the next lease runs out; and how far away that is.
    func nextDue(includingLeases: Bool = false) async throws(JobError) -> (time: Date, distance: Duration)? {
        let sql = """
            SELECT due, extract(epoch FROM due - \(names["now"])())::float8 AS distance
            FROM \(names["next_due"])($1::boolean) AS due
            """
        return try await answered("Looking for the next job") { [self] () async throws(PostgresError) in
            guard let row = try await database.query(sql, includingLeases).first, let time: Date = try row.decode("due")
            else { return nil }
            return (time, .seconds(try row.decode("distance", as: Double.self)))
        }
    }

    /// Takes the jobs of workers that give no sign of life.
    func rescue(maximumLosses: Int) async throws(JobError) -> [RescuedJob] {
        let sql = """
            SELECT *, extract(epoch FROM \(names["now"])() - started_at)::float8 AS begun,
                extract(epoch FROM \(names["now"])() - ended_at)::float8 AS over
            FROM \(names["rescue"])($1::integer)
            """
        return try await answered("Rescuing jobs") { [self] () async throws(PostgresError) in
            let rows = try await database.query(sql, maximumLosses)
            return try rows.map { row throws(PostgresError) in try RescuedJob(row) }
        }
    }

    /// A round of what has to be done now and then.
    func maintain(movingOldTickets: Bool) async throws(JobError) {
        let sql = """
            SELECT \(names["maintain"])($1::boolean) AS done, \(names["retirable_segment"])() AS segment
            """
        try await answered("Maintaining the job queue") { [self] () async throws(PostgresError) in
            let row = try await database.query(sql, movingOldTickets).first
            guard let segment: Int32 = try row?.decode("segment", as: Int32?.self) else { return }
            _ = try await database.query("SELECT \(names["retire_segment"])($1::integer)", segment)
        }
    }

    /// Transactions that are open now, or which of these still are.
    func openTransactions(among known: [String]? = nil) async throws(JobError) -> [String] {
        let sql = "SELECT \(names["open_transactions"])($1::xid8[])::text AS open"
        return try await answered("Looking for open transactions") { [self] () async throws(PostgresError) in
            let text: String = try await database.query(sql, known).first?.decode("open") ?? "{}"
            return text.dropFirst().dropLast().split(separator: ",").map { String($0) }
        }
    }

    /// Says goodbye.
    func leave(_ worker: Int64) async throws(JobError) {
        try await answered("Leaving") { [self] () async throws(PostgresError) in
            _ = try await database.query("SELECT \(names["leave"])($1::bigint)", worker)
        }
    }

    /// Moves the clock of a test's database forward.
    func advanceClock(to time: Date) async throws(JobError) {
        try await answered("Moving the test's clock") { [self] () async throws(PostgresError) in
            _ = try await database.query("SELECT \(names["advance_clock"])($1::timestamptz)::text", time)
        }
    }

    /// Whether the database is a test's, with a clock that can be moved.
    func hasMovableClock() async throws(JobError) -> Bool {
        try await answered("Looking at the clock") { [self] () async throws(PostgresError) in
            let rows = try await database.query(
                "SELECT to_regprocedure($1) IS NOT NULL AS found",
                "\(names["advance_clock"])(timestamptz)"
            )
            return try rows.first?.decode("found") ?? false
        }
    }

    /// Runs a statement in a task of its own, which the caller's cancellation does not reach.
    private func answered<Value: Sendable>(
        _ what: String,
        _ statement: @escaping @Sendable () async throws -> Value
    ) async throws(JobError) -> Value {
        let task = Task { () async -> Result<Value, any Error> in
            do { return .success(try await statement()) } catch { return .failure(error) }
        }
        switch await task.value {
        case .success(let value): return value
        case .failure(let error): throw JobError(.databaseFailed, "\(what) failed", cause: error)
        }
    }
}

/// Numbers of an SQL array that came as text.
private func numbers<Number: FixedWidthInteger>(_ text: String?) -> [Number] {
    text.map { $0.dropFirst().dropLast().split(separator: ",").compactMap { Number($0) } } ?? []
}

/// What a heartbeat brought.
struct Pulse: Sendable {
    /// Jobs that somebody wants stopped.
    var stop: Set<JobID>
    /// Queues with jobs that are to be claimed alone.
    var solo: Set<Int32>
}

private struct Pair: Hashable {
    var receipt: Int64
    var ordinal: Int

    init(receipt: Int64, ordinal: Int) {
        self.receipt = receipt
        self.ordinal = ordinal
    }

    init(_ place: ClaimedJob.Place) { self.init(receipt: place.receipt, ordinal: place.ordinal) }
}

/// An entry of `settle()`.
private struct Settlement: Encodable {
    var c: Int64
    var no: Int64
    var ord: Int
    var outcome: Int
    var delay: Double?
    var reason: String?
    var trace: String?
    var span: Int64?
    var flags: Int?

    init(_ end: EndedAttempt) {
        c = end.place.claim
        no = end.place.receipt
        ord = end.place.ordinal
        outcome = end.verdict.outcome.rawValue
        delay = end.verdict.delay?.inSeconds
        reason = end.verdict.reason
        guard let span = end.span, span.isValid, end.verdict.outcome != .succeeded else { return }
        trace = span.traceID.description
        self.span = Int64(bitPattern: span.spanID.bits)
        flags = Int(span.flags.rawValue)
    }
}
