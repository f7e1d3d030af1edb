// SPDX-License-Identifier: Apache-2.0

import Foundation
public import StitchPostgres

/// The statement that enqueues a job, for whoever runs it on a connection of another client library.
///
/// Its one row has the job's id in the column `id`. Run it once, in the transaction that the job is to be part of.
public struct JobStatement: Sendable {
    /// One statement, with `$1`, `$2`, … for the parameters.
    public let sql: String

    /// The values, in the order of their numbers: text, whatever the statement makes of it, and bytes for a `bytea`.
    public let parameters: [Parameter]

    /// A value.
    public enum Parameter: Sendable, Hashable, PostgresEncodable {
        /// SQL's NULL.
        case null
        /// A text.
        case text(String)
        /// A `bytea`.
        case bytes([UInt8])

        /// The value as it goes to the server.
        public var postgresValue: PostgresValue {
            switch self {
            case .null: .null
            case .text(let text): .text(text)
            case .bytes(let bytes): .bytes(bytes)
            }
        }

        init(_ text: String?) { self = text.map { .text($0) } ?? .null }
        init(_ number: (some BinaryInteger)?) { self.init(number.map { String($0) }) }
        init(_ number: Double?) { self.init(number.map { "\($0)" }) }
    }
}

extension JobSchema {
    /// The statement that writes a job: the ticket, and a word to workers if one sleeps, which the server passes on at the
    /// commit.
    func statement(_ new: NewJob, _ columns: CarrierColumns) -> JobStatement {
        var parameters: [JobStatement.Parameter] = [
            .text(new.queue), .text(new.kind), .bytes(new.payload), .init(new.maximumAttempts),
            .init(new.priority.rawValue), .init(columns.traceUUID?.uuidString), .init(columns.spanNumber),
            .init(columns.flags ?? 0), .init(columns.state), .init(columns.baggage), .init(columns.others),
        ]
        guard !new.isPlain else { return JobStatement(sql: plainInsertion, parameters: parameters) }
        var by: String?
        if case .text(let text)? = new.unique?.key { by = text }
        parameters += [
            .init(new.delay.inSeconds), .text(new.unique == nil ? "false" : "true"), .init(by),
            .init(new.unique?.period?.inSeconds), .init(new.unique?.keptBits ?? 0),
        ]
        return JobStatement(sql: otherInsertion, parameters: parameters)
    }

    /// The numbers of a queue and a kind; a function makes them where they are new.
    private var named: String {
        """
        named AS MATERIALIZED (
            SELECT coalesce((SELECT id FROM \(self["queue"]) WHERE name = $1), \(self["queue_id"])($1)) AS queue,
                coalesce((SELECT id FROM \(self["kind"]) WHERE name = $2), \(self["kind_id"])($2)) AS kind
        )
        """
    }

    private var plainInsertion: String {
        """
        WITH instant AS MATERIALIZED (SELECT \(self["now"])() AS now), \(named), inserted AS (
            INSERT INTO \(self["job"]) (created_at, lane, kind, payload, max_attempts, trace_id, span_id, flags, tracestate,
                baggage, carrier)
            SELECT instant.now, \(self["lane"])(named.queue, $5::integer), named.kind, $3::bytea, $4::smallint, $6::uuid,
                $7::bigint, $8::smallint, $9, $10, $11::jsonb
            FROM instant, named
            RETURNING seq, lane
        )
        SELECT seq AS id, true AS is_new, \(self["wake"])(lane / 8) FROM inserted
        """
    }

    private var otherInsertion: String {
        """
        WITH instant AS MATERIALIZED (SELECT \(self["now"])() AS now), \(named)
        SELECT added.id, added.is_new FROM instant, named CROSS JOIN LATERAL \(self["add"])(
            named.queue, named.kind, $3::bytea, $5::integer, $12::float8 * interval '1 second', $4::integer, $6::uuid,
            $7::bigint, $8::integer, $9, $10, $11::jsonb,
            CASE WHEN $13::boolean THEN \(self["unique_key"])($2,
                CASE WHEN $14::text IS NULL THEN convert_from($3::bytea, 'UTF8')::jsonb END, $14::text,
                $15::float8 * interval '1 second', instant.now) END,
            $16::integer, to_timestamp((floor(extract(epoch FROM instant.now) / $15::float8) + 1) * $15::float8)
        ) AS added
        """
    }
}
