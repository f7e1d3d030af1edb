// SPDX-License-Identifier: Apache-2.0

import StitchPostgres
import TraceContext
import TraceFlow

extension JobHistory {
    /// Reads what the tables say at the end of a run.
    mutating func readTables(_ database: PostgresPool, _ clock: ChaosClock) async throws {
        tickets = try await Self.tickets(database)
        claims = try await database.query(
            """
            SELECT c.no, c.worker, c.lane, c.n, c.mode::integer AS mode, extract(epoch FROM x.began)::float8 AS began
            FROM stitch.claim_log AS c LEFT JOIN chaos_claim AS x USING (no)
            """
        ).map { row in
            let lane: Int = try row.decode("lane")
            return Claim(
                no: try row.decode("no"),
                worker: try row.decode("worker"),
                queue: lane / 8,
                priority: lane % 4,
                mode: Claim.Mode(rawValue: try row.decode("mode")) ?? .none,
                count: try row.decode("n"),
                began: try row.decode("began", as: Double?.self).map { clock.seconds(ofWall: $0) }
            )
        }
        completions = try await Self.completions(database)
        notes = try await Self.notes(database)
        parked = try await database.query(
            """
            SELECT id, (convert_from(payload, 'UTF8')::jsonb ->> 'number')::integer AS number, state::integer AS state,
                attempt::integer AS attempt, losses::integer AS losses FROM stitch.parked
            """
        ).map {
            Parked(
                job: try $0.decode("id"),
                number: try $0.decode("number"),
                state: Parked.State(rawValue: try $0.decode("state")) ?? .scheduled,
                attempt: try $0.decode("attempt"),
                losses: try $0.decode("losses")
            )
        }
        openLeases = try await database.query("SELECT count(*)::integer AS n FROM stitch.lease")[0].decode("n")
        // Of some: the view works out each one by itself.
        for job in Set(tickets.map(\.job)).union(parked.map(\.job)).shuffled().prefix(50) {
            do {
                viewedStates[job] = try await database.query("SELECT state FROM stitch.jobs WHERE id = $1", job)
                    .first?.decode("state", as: String.self)
            } catch {
                viewedStates[job] = "\(error)"
            }
        }
    }

    /// What was completed so far.
    static func completions(_ database: PostgresPool) async throws -> [Completion] {
        try await database.query("SELECT no, n, part::text AS part FROM stitch.done_log").map { row in
            let part: String? = try row.decode("part")
            return Completion(
                claim: try row.decode("no"),
                ordinals: part.map { bits in
                    bits.utf8.enumerated().compactMap { $1 == UInt8(ascii: "1") ? $0 + 1 : nil }
                },
                count: try row.decode("n")
            )
        }
    }

    private static func notes(_ database: PostgresPool) async throws -> [Note] {
        try await database.query(
            """
            SELECT outcome::integer AS outcome, seq, id, worker, final, replace(trace_id::text, '-', '') AS trace,
                lpad(to_hex(span_id), 16, '0') AS span
            FROM stitch.note
            """
        ).map { row in
            let trace = try row.decode("trace", as: String?.self).flatMap { TraceID($0) }
            let span = try row.decode("span", as: String?.self).flatMap { SpanID($0) }
            return Note(
                outcome: try row.decode("outcome"),
                seq: try row.decode("seq"),
                worker: try row.decode("worker"),
                isFinal: try row.decode("final"),
                job: try row.decode("id"),
                span: trace.flatMap { trace in span.map { SpanReference(traceID: trace, spanID: $0) } }
            )
        }
    }

    private static func tickets(_ database: PostgresPool) async throws -> [Ticket] {
        let rows = try await database.query(
            """
            SELECT t.seq, coalesce(t.origin, t.seq) AS id, t.lane, t.attempt::integer AS attempt,
                t.losses::integer AS losses, (convert_from(t.payload, 'UTF8')::jsonb ->> 'number')::integer AS number,
                p.no, p.ord
            FROM stitch.ticket AS t LEFT JOIN (
                SELECT k.no, x.seq, x.ordinality::integer AS ord FROM stitch.claim_log AS k
                CROSS JOIN LATERAL stitch.past_tickets_of(k) WITH ORDINALITY AS x WHERE k.n > 0
            ) AS p ON p.seq = t.seq
            ORDER BY t.seq
            """
        )
        var tickets: [Ticket] = []
        for row in rows {
            let (seq, lane): (Int64, Int) = (try row.decode("seq"), try row.decode("lane"))
            if tickets.last?.seq != seq {
                tickets.append(
                    Ticket(
                        seq: seq,
                        job: try row.decode("id"),
                        number: try row.decode("number"),
                        queue: lane / 8,
                        priority: lane % 4,
                        isSolo: lane % 8 >= 4,
                        attempt: try row.decode("attempt"),
                        losses: try row.decode("losses")
                    )
                )
            }
            guard let claim: Int64 = try row.decode("no", as: Int64?.self) else { continue }
            tickets[tickets.count - 1].claims.append(Place(claim: claim, ordinal: try row.decode("ord")))
        }
        return tickets
    }
}
