// SPDX-License-Identifier: Apache-2.0

import Foundation
import MessageTracing
import PostgresTesting
import StitchPostgres
import StitchTesting
import TelemetryAPI
import Testing
import TraceContext

@testable import TracedJobs

/// Rows of a real queue: written by enqueueing, read as a worker reads them.
private struct JobRows: CarrierFixture {
    let jobs: JobQueue
    let kind = CarrierKind.row
    private let source = MessageTarget(system: "kafka", destination: "orders")

    init(jobs: JobQueue) { self.jobs = jobs }

    /// A row as another program may insert it: all fields in the column for fields of any name.
    func message(holding fields: [CarrierField]) async throws -> JobID? {
        // There is no NUL in any text of Postgres.
        guard let texts = CarrierField.dictionary(fields), !texts.values.contains(where: { $0.utf8.contains(0) }) else {
            return nil
        }
        let json = String(decoding: try JSONEncoder().encode(texts), as: UTF8.self)
        let rows = try await jobs.database.query(
            """
            INSERT INTO stitch.job (lane, kind, payload, carrier)
            VALUES (stitch.lane(stitch.queue_id('default'), 1), stitch.kind_id('send_receipt'), '{}', $1::jsonb)
            RETURNING seq AS id
            """,
            json
        )
        return try rows.first.map { JobID(rawValue: try $0.decode("id")) }
    }

    func fields(of id: JobID) async throws -> [CarrierField] {
        let rows = try await jobs.database.query(
            """
            WITH job AS (SELECT * FROM stitch.jobs WHERE id = $1)
            SELECT 'traceparent' AS name, format('00-%s-%s-%s', encode(trace_id, 'hex'), encode(span_id, 'hex'),
                lpad(to_hex(trace_flags::integer), 2, '0')) AS value FROM job WHERE trace_id IS NOT NULL
            UNION ALL SELECT 'tracestate', tracestate FROM job WHERE tracestate IS NOT NULL
            UNION ALL SELECT 'baggage', baggage FROM job WHERE baggage IS NOT NULL
            UNION ALL SELECT key, value FROM job, jsonb_each_text(carrier)
            """,
            id.rawValue
        )
        return try rows.map { CarrierField(try $0.decode("name"), try $0.decode("value", as: String.self)) }
    }

    func write(_ carrier: ContextCarrier, to id: inout JobID) async throws {
        // What came with a message goes on as it is where nobody makes spans; a wish has to be said anew.
        let wish = StitchField(carrier[StitchField.name] ?? "").wish
        id = try await withTracer(NoOpTracer()) {
            try await withMeter(NoOpMeter()) {
                try await ProcessSpan(of: carrier, from: source) { _ in }.run {
                    try await jobs.enqueue(SendReceipt(orderID: 7), wish: wish)
                }
            }
        }
    }

    func carrier(of id: JobID) async throws -> ContextCarrier {
        let sql = "SELECT * FROM stitch.job WHERE seq = $1"
        let row = try #require(try await jobs.database.query(sql, id.rawValue).first)
        return CarrierColumns(
            trace: try row.decode("trace_id"),
            span: try row.decode("span_id"),
            flags: try row.decode("flags"),
            state: try row.decode("tracestate"),
            baggage: try row.decode("baggage"),
            others: try row.decode("carrier")
        )
        .carrier
    }
}

@Suite("A carrier in a row of a real Postgres")
struct JobCarrierTests {
    @Test("Rows of jobs keep every rule of a carrier")
    func rows() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let violations = await CarrierConformance.violations(of: JobRows(jobs: try await test.jobs()))
            #expect(violations.isEmpty)
        }
    }
}
