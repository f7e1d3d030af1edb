// SPDX-License-Identifier: Apache-2.0

import Testing
import TraceContext

@Suite("What carries a context")
struct ContextCarrierTests {
    let context = SpanContext(
        traceID: TraceID(high: 1, low: 2),
        spanID: SpanID(bits: 3),
        flags: [.sampled, .random]
    )

    @Test("Writing replaces: there is one field of each name, whatever its case")
    func replaces() {
        var carrier = ContextCarrier()
        carrier["Traceparent"] = "stale"
        carrier["tracestate"] = "a=1"
        carrier.spanContext = context
        #expect(carrier.fields.map(\.name) == ["Traceparent"])
        #expect(carrier.spanContext?.spanID == context.spanID)
    }

    @Test("A context that isn't sampled travels all the same")
    func unsampled() {
        let carrier = ContextCarrier(SpanContext(traceID: context.traceID, spanID: context.spanID))
        #expect(carrier["traceparent"]?.hasSuffix("-00") == true)
        #expect(carrier.spanContext?.isSampled == false)
    }

    @Test("A bad tracestate doesn't lose a good traceparent; a tracestate alone is nothing")
    func badState() {
        var carrier = ContextCarrier(context)
        carrier["tracestate"] = "NOT LEGAL"
        #expect(carrier.spanContext?.traceID == context.traceID)
        #expect(carrier.spanContext?.state.isEmpty == true)
        carrier["traceparent"] = nil
        carrier["tracestate"] = "a=1"
        #expect(carrier.spanContext == nil)
    }

    @Test("HTTP: names in any case, two traceparents are none, tracestate fields are joined in order")
    func http() {
        let parent = context.traceParent.description
        let joined = ContextCarrier(httpFields: [
            (name: "TraceParent", value: parent), (name: "tracestate", value: "a=1"),
            (name: "Accept", value: "*/*"), (name: "TRACESTATE", value: "b=2"),
        ])
        #expect(joined.spanContext?.state.description == "a=1,b=2")
        #expect(joined.fields.count == 2)
        let doubled = ContextCarrier(httpFields: [
            (name: "traceparent", value: parent), (name: "traceparent", value: parent),
        ])
        #expect(doubled.spanContext == nil)
    }
}
