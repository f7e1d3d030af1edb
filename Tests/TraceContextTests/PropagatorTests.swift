// SPDX-License-Identifier: Apache-2.0

import Testing
import TraceContext

@Suite("Formats of context")
struct PropagatorTests {
    let span = SpanContext(
        traceID: TraceID(high: 0x4bf9_2f35_77b3_4da6, low: 0xa3ce_929d_0e0e_4736),
        spanID: SpanID(bits: 0x00f0_67aa_0ba9_02b7),
        flags: .sampled
    )

    private func read(_ fields: [String: String], _ propagator: some Propagator) -> SpanContext? {
        var carrier = ContextCarrier()
        for (name, value) in fields { carrier[name] = value }
        return propagator.extract(from: carrier).span
    }

    @Test("Each format reads what it wrote, sampled or not")
    func roundTrip() {
        for propagator in [W3CPropagator(), B3Propagator(.single), B3Propagator(.multiple)] as [any Propagator] {
            for flags in [TraceFlags.sampled, []] {
                var span = span
                span.flags = flags
                var carrier = ContextCarrier()
                propagator.inject(PropagationContext(span: span), into: &carrier)
                span.isRemote = true
                #expect(propagator.extract(from: carrier).span == span)
                #expect(carrier.fields.allSatisfy { propagator.fields.contains($0.name) })
            }
        }
    }

    @Test("What Brave and Zipkin write is read: short ids, upper case, debug, no decision")
    func b3() {
        let b3 = B3Propagator()
        #expect(read(["b3": "a3ce929d0e0e4736-00f067aa0ba902b7"], b3)?.traceID.high == 0)
        #expect(read(["b3": "A3CE929D0E0E4736-00F067AA0BA902B7-d"], b3)?.isSampled == true)
        #expect(read(["b3": "a3ce929d0e0e4736-00f067aa0ba902b7-1-0000000000000001"], b3)?.isSampled == true)
        #expect(read(["X-B3-TraceId": "a3ce929d0e0e4736", "X-B3-SpanId": "00f067aa0ba902b7"], b3)?.isSampled == false)
        #expect(
            read(["x-b3-traceid": "a3ce929d0e0e4736", "x-b3-spanid": "00f067aa0ba902b7", "x-b3-flags": "1"], b3)?
                .isSampled == true
        )
        for bad in [
            "0", "", "-", "a3ce-00f0", "a3ce929d0e0e4736-00f067aa0ba902b7-2", "0000000000000000-0000000000000001",
        ] {
            #expect(read(["b3": bad], b3) == nil, "\(bad)")
        }
    }

    @Test(
        "Trace Context §8.4: An id of 64 bits is padded on the left with zeroes, and doesn't count as random",
        arguments: ["b3", "x-b3-traceid"]
    )
    func shortIDs(name: String) throws {
        let short = "53ce929d0e0e4736"
        let span = try #require(
            name == "b3"
                ? read(["b3": "\(short)-00f067aa0ba902b7-1"], B3Propagator())
                : read([name: short, "x-b3-spanid": "00f067aa0ba902b7", "x-b3-sampled": "1"], B3Propagator())
        )
        #expect(span.traceParent.description == "00-0000000000000000\(short)-00f067aa0ba902b7-01")
    }

    @Test("Of several formats all are written, and the first that reads a span counts; none does nothing")
    func composite() {
        let both = CompositePropagator([W3CPropagator(), B3Propagator(), BaggagePropagator()])
        var carrier = ContextCarrier()
        both.inject(PropagationContext(span: span, baggage: Baggage("a=1")), into: &carrier)
        #expect(carrier.fields.map(\.name) == ["traceparent", "b3", "baggage"])
        carrier["b3"] = "0000000000000001-0000000000000002-1"
        #expect(both.extract(from: carrier).span?.spanID == span.spanID)
        #expect(both.extract(from: carrier).baggage["a"] == "1")
        carrier["traceparent"] = "garbage"
        #expect(both.extract(from: carrier).span?.spanID == SpanID(bits: 2))
        #expect(NoPropagator().extract(from: carrier) == PropagationContext())
    }

    @Test("Nothing is written for an invalid span or for empty baggage")
    func nothing() {
        var carrier = ContextCarrier()
        CompositePropagator([W3CPropagator(), B3Propagator(.multiple), BaggagePropagator()])
            .inject(PropagationContext(span: .invalid), into: &carrier)
        #expect(carrier.isEmpty)
    }

    @Test("Message headers: the last valid traceparent counts, of others the last, and duplicates are counted")
    func messageHeaders() {
        let first = Array("00-0000000000000000000000000000000a-000000000000000a-01".utf8)
        let last = Array("00-0000000000000000000000000000000b-000000000000000b-01".utf8)
        var duplicates = 0
        let carrier = ContextCarrier(
            messageHeaders: [
                ("traceparent", first), ("key", [0xff]), ("traceparent", last), ("traceparent", Array("garbage".utf8)),
                ("tracestate", Array("a=1".utf8)), ("tracestate", Array("b=2".utf8)), ("baggage", nil),
                ("baggage", [0xff, 0xfe]),
            ],
            duplicates: &duplicates
        )
        #expect(carrier.spanContext?.spanID == SpanID(bits: 0xb))
        #expect(carrier["tracestate"] == "b=2")
        #expect(carrier.fields.count == 2)
        #expect(duplicates == 3)
    }

    @Test("HTTP: fields of every known format are taken, others are not")
    func httpFields() {
        let carrier = ContextCarrier(httpFields: [
            (name: "B3", value: "0"), (name: "Stitch", value: "o=1"), (name: "X-B3-TraceId", value: "1"),
            (name: "Cookie", value: "secret"), (name: "b3", value: "1"),
        ])
        #expect(carrier.fields.map(\.name) == ["b3", "stitch", "x-b3-traceid"])
        #expect(carrier["b3"] == "0")
    }
}
