// SPDX-License-Identifier: Apache-2.0

import Foundation
import StitchPostgres
import TraceContext

/// Ends of attempts.
extension JobStore {
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

    /// Which of these ends are written down as this worker said them, for one that never heard an answer.
    func written(_ ends: [EndedAttempt], worker: Int64) async throws(JobError) -> Set<ClaimedJob.Place> {
        let sql = """
            SELECT no, ord, outcome FROM \(names["ends_of"])($1::bigint, $2::bigint[], $3::bigint[], $4::integer[])
            """
        let said = Dictionary(ends.map { (Pair($0.place), $0) }, uniquingKeysWith: { $1 })
        return try await answered("Asking how attempts ended") { [self] () async throws(PostgresError) in
            let rows = try await database.query(
                sql,
                worker,
                ends.map(\.place.claim),
                ends.map(\.place.receipt),
                ends.map { Int64($0.place.ordinal) }
            )
            var written: Set<ClaimedJob.Place> = []
            for row in rows {
                let pair = Pair(receipt: try row.decode("no"), ordinal: try row.decode("ord"))
                guard let end = said[pair], let outcome = try row.decode("outcome", as: Int?.self) else { continue }
                // An order to stop counts whatever was said.
                let isOurs = outcome == end.verdict.outcome.rawValue || outcome == AttemptOutcome.cancelled.rawValue
                if isOurs { written.insert(end.place) }
            }
            return written
        }
    }
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
        guard let span = end.span?.context, span.isValid, end.verdict.outcome != .succeeded || end.writesSpan else {
            return
        }
        trace = span.traceID.description
        self.span = Int64(bitPattern: span.spanID.bits)
        flags = Int(span.flags.rawValue)
    }
}
