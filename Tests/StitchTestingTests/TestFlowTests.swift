// SPDX-License-Identifier: Apache-2.0

import MessageTracing
import StitchTesting
import TelemetryAPI
import Testing

@Suite("The flow of a test")
struct TestFlowTests {
    private let orders = MessageTarget(system: "kafka", destination: "orders")
    private let jobs = MessageTarget(system: "stitch", destination: "default/receipt")

    private func send(to target: MessageTarget, id: String? = nil) -> ContextCarrier {
        let span = SendSpan(to: target, messageID: id)
        span.end()
        return span.carrier
    }

    private func process(
        _ carrier: ContextCarrier,
        from target: MessageTarget,
        id: String? = nil,
        attempt: Int64? = nil,
        after previous: SpanContext? = nil
    ) async {
        var attributes = Attributes()
        if let attempt { attributes[MessagingConventions.Attribute.jobAttempt] = .int(attempt) }
        let message = ReceivedMessage(carrier: carrier, id: id, previousAttempt: previous, attributes: attributes)
        await ProcessSpan(of: message, from: target).run {}
    }

    /// What a failed expectation shows of a flow.
    private func failure(of flow: TestFlow) -> String {
        #expect(!flow.isStitched)
        return String(describing: flow)
    }

    @Test("A flow in which each message is linked to its creation and each retry to the attempt before is whole")
    func whole() async throws {
        try await withStitchTest { test in
            await process(send(to: orders), from: orders)
            let carrier = send(to: jobs, id: "7")
            await process(carrier, from: jobs, id: "7", attempt: 1)
            let first = test.spans.process("default/receipt").first?.context
            await process(carrier, from: jobs, id: "7", attempt: 2, after: first)
            for span in test.spans.all {
                let flow = test.flow(of: span)
                #expect(flow.isStitched)
            }
            let flow = test.flow(of: test.spans.send("orders")[0])
            #expect("\(flow)" == "stitched flow of 2 spans in 1 trace from send orders")
        }
    }

    @Test("A message that lost its context is told with topic and ids, whichever end is asked")
    func lostContext() async throws {
        try await withStitchTest { test in
            _ = send(to: orders)
            await process(ContextCarrier(), from: orders)
            let send = test.spans.send("orders")[0]
            let process = test.spans.process("orders")[0]
            let lack =
                "process orders (test, span \(process.spanID) of trace \(process.traceID)) has no link to the span that "
                + "created its message"
            #expect(failure(of: test.flow(of: process)).contains(lack))
            let told = failure(of: test.flow(of: send))
            #expect(told.contains("send orders (test, span \(send.spanID) of trace \(send.traceID))"))
            #expect(told.contains(lack))
            #expect(told.contains("flow of 1 span in 1 trace from send orders, broken in 1 place: "))
        }
    }

    @Test("A retry that does not link to the attempt before is told with both attempts")
    func retry() async throws {
        try await withStitchTest { test in
            let carrier = send(to: jobs, id: "7")
            await process(carrier, from: jobs, id: "7", attempt: 1)
            await process(carrier, from: jobs, id: "7", attempt: 2)
            let attempts = test.spans.process("default/receipt")
            let told = failure(of: test.flow(of: attempts[0]))
            #expect(
                told.contains(
                    "process default/receipt (test, span \(attempts[1].spanID) of trace \(attempts[1].traceID), message 7) is "
                        + "attempt 2 and has no link to attempt 1, which was process default/receipt (test, span "
                        + "\(attempts[0].spanID) of"
                )
            )
        }
    }

    @Test("Work on a message whose sender recorded nothing is an orphan, and a link to what isn't there is told too")
    func danglingEnds() async throws {
        try await withStitchTest { test in
            let lost = SpanContext(traceID: TraceID(high: 7, low: 7), spanID: SpanID(bits: 7), flags: .sampled)
            let gone = SpanContext(traceID: TraceID(high: 8, low: 8), spanID: SpanID(bits: 8), flags: .sampled)
            await process(ContextCarrier(lost), from: jobs, id: "7", attempt: 2, after: gone)
            let span = test.spans.process("default/receipt")[0]
            let told = failure(of: test.flow(of: span))
            let who = "process default/receipt (test, span \(span.spanID) of trace \(span.traceID), message 7)"
            #expect(told.contains("broken in 2 places: "))
            #expect(
                told.contains(
                    "\(who) is a child of what created its message, span \(lost.spanID) of trace \(lost.traceID), which isn't "
                        + "there"
                )
            )
            #expect(
                told.contains(
                    "\(who) links to the attempt before it, span \(gone.spanID) of trace \(gone.traceID), which isn't there"
                )
            )
        }
    }

    @Test("Spans are asked for by what they do and where")
    func queries() async throws {
        try await withStitchTest { test in
            for operation in ["create", "send", "poll", "process", "commit", "settle"] {
                for topic in ["orders", "payments"] { withSpan("\(operation) \(topic)") { _ in } }
            }
            let spans = test.spans
            let found = [
                spans.create("orders"), spans.send("orders"), spans.poll("orders"), spans.process("orders"),
                spans.commit("orders"), spans.settle("orders"),
            ]
            #expect(
                found.map { $0.map(\.name) } == [
                    ["create orders"], ["send orders"], ["poll orders"], ["process orders"], ["commit orders"],
                    ["settle orders"],
                ]
            )
            #expect(spans.process("orders").first?.links.isEmpty == true)
            #expect(spans.process("refunds").first == nil)
        }
    }
}
