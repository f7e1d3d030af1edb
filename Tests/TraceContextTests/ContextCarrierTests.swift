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

    @Test(
        "Trace Context §3.2.1: An HTTP field is traceparent in any case, and is written in lower case",
        arguments: ["traceparent", "TraceParent", "TRACEPARENT", "tRACEPARENt"]
    )
    func traceParentName(name: String) throws {
        let read = ContextCarrier(httpFields: [(name: name, value: context.traceParent.description)])
        let span = try #require(read.spanContext)
        #expect(span.spanID == context.spanID)
        #expect(ContextCarrier(span).fields.map(\.name) == ["traceparent"])
    }

    @Test(
        "Trace Context §3.3.1: An HTTP field is tracestate in any case, and is written in lower case",
        arguments: ["tracestate", "TraceState", "TRACESTATE", "tRACESTATe"]
    )
    func traceStateName(name: String) throws {
        let read = ContextCarrier(httpFields: [
            (name: "traceparent", value: context.traceParent.description), (name: name, value: "a=1"),
        ])
        let span = try #require(read.spanContext)
        #expect(span.state.description == "a=1")
        #expect(ContextCarrier(span).fields.map(\.name) == ["traceparent", "tracestate"])
    }

    @Test(
        "Trace Context §3.3: A tracestate that breaks the grammar leaves the traceparent as it is",
        arguments: [
            "NOT LEGAL", "a", "a=", "=1", "a=1,b", "a=1;b=2", "a=é", "a=\u{1}", "a=b=c",
            String(repeating: "k", count: 300),
            (0..<33).map { "k\($0)=v" }.joined(separator: ","), String(repeating: ",a", count: 10_000),
        ]
    )
    func badState(state: String) throws {
        var carrier = ContextCarrier(context)
        carrier["tracestate"] = state
        let span = try #require(carrier.spanContext)
        #expect(span.traceParent == context.traceParent)
        #expect(span.state.isEmpty)
    }

    @Test(
        "Trace Context §3.3: The tracestate beside a traceparent that can't be read is not read either",
        arguments: [
            "", "garbage", "ff-\(TraceParentTests.ids)-01", "00-\(TraceParentTests.ids)-01-",
            "00-00000000000000000000000000000000-\(TraceParentTests.spanID)-01",
            "00-\(TraceParentTests.traceID)-0000000000000000-01",
        ]
    )
    func badParent(parent: String) {
        var carrier = ContextCarrier()
        carrier["traceparent"] = parent
        carrier["tracestate"] = "a=1"
        #expect(carrier.spanContext == nil)
        #expect(W3CPropagator().extract(from: carrier).span == nil)
    }

    @Test("Trace Context §3.3.2: Several tracestate fields are one, joined in their order")
    func joinedState() {
        let carrier = ContextCarrier(httpFields: [
            (name: "tracestate", value: "a=1,b=2"), (name: "Accept", value: "*/*"), (name: "TRACESTATE", value: ""),
            (name: "traceparent", value: context.traceParent.description), (name: "TraceState", value: " c=3"),
        ])
        #expect(carrier.spanContext?.state.description == "a=1,b=2,c=3")
        #expect(carrier.fields.count == 2)
    }

    @Test("Trace Context §3.3.2: However long it is, tracestate is written as one field")
    func oneField() throws {
        let value = String(repeating: "v", count: 256)
        let text = (0..<32).map { "k\($0)=\(value)" }.joined(separator: ",")
        var span = context
        span.state = try #require(TraceState(text))
        var carrier = ContextCarrier(span)
        carrier.spanContext = span
        #expect(carrier.fields.map(\.name) == ["traceparent", "tracestate"])
        #expect(carrier["tracestate"] == text)
    }

    @Test("Trace Context §3.3.5: Beside a traceparent of a higher version tracestate is read as always")
    func stateOfHigherVersion() {
        var carrier = ContextCarrier()
        carrier["traceparent"] = "cc-\(TraceParentTests.ids)-01-more"
        carrier["tracestate"] = "a=1,b=2"
        #expect(carrier.spanContext?.state.description == "a=1,b=2")
    }

    @Test(
        "Trace Context §3.4: What is passed on without being read is passed on byte by byte",
        arguments: ["a=1", " a=1 ,, b= 2", "", "NOT LEGAL", "a=1,a=2"]
    )
    func untouched(state: String) {
        let parent = "00-\(TraceParentTests.ids)-ff"
        let carrier = ContextCarrier(httpFields: [
            (name: "traceparent", value: parent), (name: "tracestate", value: state),
        ])
        #expect(carrier["traceparent"] == parent)
        #expect(carrier["tracestate"] == state)
    }

    @Test("Trace Context §3.4: A context that is read and written as it is keeps every member of tracestate")
    func unchanged() throws {
        var carrier = ContextCarrier(context)
        carrier["tracestate"] = "a= 1,b=2,a=3,c@x=4 5"
        let span = try #require(carrier.spanContext)
        #expect(ContextCarrier(span).fields == carrier.fields)
    }

    @Test("Trace Context §4.1.1: A tracestate without a traceparent is discarded")
    func stateAlone() {
        var carrier = ContextCarrier()
        carrier["tracestate"] = "a=1"
        #expect(carrier.spanContext == nil)
        #expect(ContextCarrier(httpFields: [(name: "tracestate", value: "a=1")]).isEmpty)
    }

    @Test("HTTP: two traceparent fields are no context, and their tracestate goes too")
    func doubledParent() {
        let parent = context.traceParent.description
        let doubled = ContextCarrier(httpFields: [
            (name: "traceparent", value: parent), (name: "tracestate", value: "a=1"),
            (name: "TraceParent", value: parent),
        ])
        #expect(doubled.spanContext == nil)
        #expect(doubled.isEmpty)
    }

    @Test("Spaces and tabs round traceparent are no part of it (RFC 9110 §5.5)")
    func whiteSpaceAround() throws {
        let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        let carrier = ContextCarrier(httpFields: [(name: "traceparent", value: " \t\(parent)\t ")])
        #expect(carrier["traceparent"] == parent)
    }
}
