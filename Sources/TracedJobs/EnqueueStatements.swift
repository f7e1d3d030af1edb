// SPDX-License-Identifier: Apache-2.0

/// The statements that write tickets, made once for a schema.
///
/// A class, so that a queue is copied with one reference.
final class EnqueueStatements: Sendable {
    /// The columns of a ticket that are written, in the order of ``insertion``'s and ``bulkInsertion``'s parameters.
    static let columns = [
        "created_at", "lane", "kind", "payload", "max_attempts", "trace_id", "span_id", "flags", "tracestate",
        "baggage",
        "carrier",
    ]

    /// The table of tickets.
    let table: String

    /// Looks up the numbers of a queue and a kind, which it makes where they are new.
    ///
    /// `is_settled` says that both are there for good: visible, and older than every transaction that may yet be rolled
    /// back, the caller's own among them.
    let routing: String

    /// Writes a ticket; fails for want of a lane if its numbers are of another making of the schema.
    ///
    /// Of values only, since the server takes longer to begin what selects.
    let insertion: String

    /// Writes many, in the order of the arrays, with one value beside each array that may be missing because all are alike.
    let bulkInsertion: String

    /// What a COPY of tickets needs to know before it.
    let preparation: String

    /// The numbers of those that a COPY has written, in their order, and a word to workers that sleep.
    let conclusion: String

    init(_ names: JobSchema) {
        table = names["job"]
        let era = "'\(names["queue"].replacing("'", with: "''"))'::regclass::oid::bigint"
        func isSettled(_ table: String) -> String {
            "EXISTS (SELECT FROM \(names[table]) AS t WHERE t.id = numbers.\(table) AND age(t.xmin) > oldest.age)"
        }
        routing = """
            SELECT queue, kind, \(era) AS era, \(isSettled("queue")) AND \(isSettled("kind")) AS is_settled
            FROM (SELECT \(names["queue_id"])($1) AS queue, \(names["kind_id"])($2) AS kind) AS numbers,
                (SELECT age(pg_snapshot_xmin(pg_current_snapshot())::xid) AS age) AS oldest
            """
        let target = "INSERT INTO \(table) (\(Self.columns.joined(separator: ", ")))"
        insertion = """
            \(target)
            VALUES (\(names["now"])(), CASE WHEN \(era) = $1::bigint THEN $2::integer END, $3::integer, $4::bytea,
                $5::smallint, $6::uuid, $7::bigint, $8::smallint, $9::text, $10::text, $11::jsonb)
            RETURNING seq AS id, \(names["wake"])(lane / 8)
            """
        bulkInsertion = """
            WITH inserted AS (
                \(target)
                SELECT (SELECT \(names["now"])()), $2::integer, $3::integer, x.payload, $5::smallint,
                    coalesce(x.trace, $12::uuid), x.span, coalesce(x.flags, $13::smallint, 0),
                    coalesce(x.state, $14::text), coalesce(x.baggage, $15::text),
                    coalesce(x.carrier::jsonb, $16::jsonb)
                FROM unnest($4::bytea[], $6::uuid[], $7::bigint[], $8::smallint[], $9::text[], $10::text[], $11::text[])
                    AS x (payload, trace, span, flags, state, baggage, carrier)
                WHERE \(era) = $1::bigint
                RETURNING seq
            )
            SELECT array_agg(seq ORDER BY seq) AS ids, \(names["wake"])($2::integer / 8) FROM inserted
            """
        preparation = "SELECT \(names["now"])() AS now, \(era) AS era"
        conclusion = """
            SELECT array_agg(seq ORDER BY seq) AS ids, \(names["wake"])($1::integer / 8) FROM (
                SELECT seq FROM \(table) WHERE lane = $1::integer AND xid = pg_current_xact_id()
                ORDER BY lane DESC, xid DESC, seq DESC LIMIT $2::bigint
            ) AS written
            """
    }
}
