// SPDX-License-Identifier: Apache-2.0

import MessageTracing
import StitchTesting
import TelemetrySDK
import Testing

@Suite("What a line of the log says")
struct LogFieldsTests {
    let target = MessageTarget(system: "stitch", destination: "default/send receipt")

    @Test("Where nothing is current it says nothing; in a span it names it")
    func span() async throws {
        #expect(currentLogFields.elements.isEmpty && currentLogFields.description.isEmpty)
        try await withStitchTest { _ in
            withSpan("GET /") { span in
                let context = span.context
                #expect(
                    currentLogFields.description
                        == "trace_id=\(context.traceID) span_id=\(context.spanID) trace_flags=01"
                )
            }
        }
    }

    @Test("While a job is worked on it says which, and which attempt, also in spans within and if nobody samples it")
    func work() async throws {
        try await withStitchTest { _ in
            let unsampled = SpanContext(traceID: TraceID(high: 7, low: 7), spanID: SpanID(bits: 7))
            let message = ReceivedMessage(
                carrier: ContextCarrier(unsampled),
                id: "42",
                attributes: [MessagingConventions.Attribute.jobAttempt: 3]
            )
            let span = ProcessSpan(of: message, from: target)
            await span.run {
                let text = "trace_flags=00 messaging.destination.name=\"default/send receipt\" messaging.message.id=42"
                withSpan("inner") { inner in
                    let fields = currentLogFields
                    #expect(fields.span == inner.context && fields.span?.traceID == unsampled.traceID)
                    #expect(fields.description.hasSuffix("\(text) stitch.job.attempt=3"))
                }
            }
        }
    }

    @Test("Without a tracer it names the span that created the message")
    func passedOn() async {
        let creation = SpanContext(traceID: TraceID(high: 7, low: 7), spanID: SpanID(bits: 7), flags: .sampled)
        await ProcessSpan(of: ContextCarrier(creation), from: target) { _ in }.run {
            #expect(currentLogFields.span?.spanID == creation.spanID)
            #expect(currentLogFields.destination == "default/send receipt")
        }
    }
}
