// SPDX-License-Identifier: Apache-2.0

import TelemetryAPI
import Testing
import TraceContext

/// Makes each span a child of its parent, unsampled.
private struct PlainTracer: Tracer {
    func startSpan(
        _ name: String,
        ofKind kind: SpanKind,
        parent: SpanContext?,
        following: [SpanContext],
        at time: Timestamp?,
        _ build: (inout SpanBuilder) -> Void
    ) -> Span {
        Span(context: SpanContext(traceID: parent?.traceID ?? TraceID(high: 0, low: 1), spanID: SpanID(bits: 99)))
    }
}

@Suite("What a request brings, and what goes out")
struct BaggageTests {
    let incoming: ContextCarrier = {
        var carrier = ContextCarrier(
            SpanContext(
                traceID: TraceID(high: 7, low: 7),
                spanID: SpanID(bits: 7),
                flags: .sampled,
                state: TraceState("vendor=1") ?? TraceState()
            )
        )
        carrier["baggage"] = "user=alice,tenant=eu-1"
        carrier["stitch"] = "o=1700000000000"
        return carrier
    }()

    @Test("Of a request's baggage nothing is taken over unless the entry says so")
    func entry() {
        withTracer(PlainTracer()) {
            withSpan("GET /", ofKind: .server, continuing: incoming) { _ in
                #expect(Baggage.current.isEmpty)
                #expect(ContextCarrier.current()["baggage"] == nil)
            }
            withSpan("GET /", ofKind: .server, continuing: incoming, baggage: .keys(["tenant"])) { _ in
                #expect(Baggage.current.description == "tenant=eu-1")
                #expect(ContextCarrier.current()["baggage"] == "tenant=eu-1")
            }
            withSpan("GET /", ofKind: .server, continuing: incoming, baggage: .all) { _ in
                #expect(Baggage.current["user"] == "alice")
            }
            #expect(Baggage.current.isEmpty)
        }
    }

    @Test("An outgoing request carries the current span and baggage; a stranger gets neither baggage nor tracestate")
    func outgoing() async {
        await withTracer(PlainTracer()) {
            await withSpan("GET /", ofKind: .server, continuing: incoming, baggage: .all) { _ async in
                withSpan("POST", ofKind: .client) { span in
                    let fields = ContextCarrier.current()
                    #expect(fields.spanContext?.spanID == span.spanID)
                    #expect(fields["baggage"] == "user=alice,tenant=eu-1")
                    #expect(fields["stitch"] == nil)
                    #expect(ContextCarrier.current(baggage: .keys(["user"]))["baggage"] == "user=alice")
                    #expect(ContextCarrier.current(external: true).fields.map(\.name) == ["traceparent"])
                }
            }
        }
    }

    @Test("Baggage that is put in place of what was goes out, also from tasks, and only meanwhile")
    func put() async {
        await withTracer(PlainTracer()) {
            await withSpan("GET /", ofKind: .server, continuing: incoming, baggage: .all) { _ async in
                var baggage = Baggage.current
                baggage["plan"] = "gold"
                await withBaggage(baggage) {
                    await Task { #expect(ContextCarrier.current()["baggage"]?.hasSuffix(",plan=gold") == true) }.value
                    // A span that starts meanwhile keeps it.
                    withSpan("inner") { _ in #expect(Baggage.current["plan"] == "gold") }
                }
                #expect(Baggage.current["plan"] == nil)
            }
        }
    }

    @Test("Without a tracer what came in goes on as it is, but for the baggage that nobody let in")
    func passesThrough() {
        var incoming = incoming
        incoming["b3"] = "0"
        withSpan("GET /", ofKind: .server, continuing: incoming) { _ in
            #expect(Span.current?.traceID == TraceID(high: 7, low: 7))
            #expect(ContextCarrier.current().fields.map(\.name) == ["traceparent", "tracestate", "b3"])
            #expect(ContextCarrier.current()["traceparent"] == incoming["traceparent"])
            #expect(ContextCarrier.current(external: true).fields.map(\.name) == ["traceparent", "b3"])
        }
        withSpan("GET /", ofKind: .server, continuing: incoming, baggage: .all) { _ in
            #expect(ContextCarrier.current()["baggage"] == incoming["baggage"])
            withBaggage(Baggage("a=b")) { #expect(ContextCarrier.current()["baggage"] == "a=b") }
            withBaggage(Baggage()) { #expect(ContextCarrier.current()["baggage"] == nil) }
        }
    }

    @Test("Where nothing is current there is nothing to carry")
    func nothing() {
        #expect(ContextCarrier.current().isEmpty)
        #expect(Baggage.current.isEmpty)
        withBaggage(Baggage("a=b")) { #expect(ContextCarrier.current().fields.map(\.name) == ["baggage"]) }
    }
}
