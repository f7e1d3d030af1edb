// SPDX-License-Identifier: Apache-2.0

import PostgresTesting
import StitchPostgres
import StitchTesting
import TelemetryAPI
import TelemetryData
import Testing
import TraceContext
import TracedJobs

/// A tracer that makes no spans under ids that were given out before.
private struct UnreservedTracer: Tracer {
    let base: any Tracer

    func startSpan(
        _ name: String,
        ofKind kind: SpanKind,
        parent: SpanContext?,
        following: [SpanContext],
        at time: Timestamp?,
        _ build: (inout SpanBuilder) -> Void
    ) -> Span {
        base.startSpan(name, ofKind: kind, parent: parent, following: following, at: time, build)
    }
}

@Suite("Jobs with a tracer of somebody else on a real Postgres", .timeLimit(.minutes(3)))
struct JobForeignTracerTests {
    @Test("The database names the trace and the span of every attempt, of those that succeed too")
    func attempts() async throws {
        try await withStitchTest { test in
            let jobs = try await test.jobs()
            let worker = try JobWorker(jobs, queues: ["default": 2]).handle(SendReceipt.self) { job, attempt in
                if job.orderID == 2, attempt.number == 1 { throw Bounced() }
            }
            let ids = try await withTracer(UnreservedTracer(base: TelemetrySystem.tracer)) {
                let ids = [
                    try await jobs.enqueue(SendReceipt(orderID: 1)), try await jobs.enqueue(SendReceipt(orderID: 2)),
                ]
                try await worker.drain(advancingTime: true)
                return ids
            }
            #expect(worker.counts.succeeded == 2 && worker.counts.failed == 1)
            for (id, states) in zip(ids, [["succeeded"], ["failed", "succeeded"]]) {
                #expect(try await jobs.outcomes(of: id) == states)
                let rows = try await jobs.database.query(
                    """
                    SELECT concat(trace_id, '-', span_id) AS ids FROM stitch.traces_of_job($1)
                    WHERE what = 'attempt' ORDER BY number
                    """,
                    id.rawValue
                )
                let spans = test.spans.process("default/send_receipt").filter {
                    $0.attributes["messaging.message.id"] == .string(id.description)
                }
                let written = try rows.map { try $0.decode("ids", as: String.self) }
                #expect(written == spans.map { "\($0.traceID)-\($0.spanID)" })
            }
        }
    }
}
