// SPDX-License-Identifier: Apache-2.0

import StitchKafka
import TelemetryAPI
import Testing
import TraceContext

@testable import TracedKafka

/// Has a field of its own.
private struct OtherTracer: Tracer {
    var fields: Set<String> { ["uber-trace-id"] }

    func startSpan(
        _ name: String,
        ofKind kind: SpanKind,
        parent: SpanContext?,
        following: [SpanContext],
        at time: Timestamp?,
        _ build: (inout SpanBuilder) -> Void
    ) -> Span {
        Span(context: .invalid)
    }
}

@Test("A record's carrier has the fields of the tracer, whatever those are")
func tracerFields() {
    let headers: KafkaHeaders = ["uber-trace-id": "1:1:0:1", "other": "x"]
    #expect(headers.carrier.isEmpty)
    #expect(withTracer(OtherTracer()) { headers.carrier.fields.map(\.name) } == ["uber-trace-id"])
}
