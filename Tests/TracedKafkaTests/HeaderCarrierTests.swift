// SPDX-License-Identifier: Apache-2.0

import StitchKafka
import Testing
import TraceContext

@testable import TracedKafka

@Suite("Headers as a carrier")
struct HeaderCarrierTests {
    static let older = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    static let newer = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

    @Test("read the last valid traceparent, and of other fields the last")
    func reading() {
        let headers: KafkaHeaders = [
            "traceparent": Self.older, "tracestate": "a=1", "traceparent": Self.newer, "traceparent": "rubbish",
            "tracestate": "b=2", "other": "x",
        ]
        let carrier = headers.carrier
        #expect(carrier["traceparent"] == Self.newer)
        #expect(carrier["tracestate"] == "b=2")
        #expect(carrier["other"] == nil)
    }

    @Test(
        "carry no context when what they have is no text or none",
        arguments: [nil, [], [0xff, 0xfe]] as [[UInt8]?]
    )
    func rubbish(_ value: [UInt8]?) {
        var headers = KafkaHeaders()
        headers.append("traceparent", value)
        #expect(headers.carrier.spanContext == nil)
    }

    @Test("have exactly one of each field after writing, and leave the others alone")
    func writing() {
        var headers: KafkaHeaders = ["a": "1", "traceparent": Self.older, "b": "2", "traceparent": Self.older]
        var carrier = ContextCarrier()
        carrier["traceparent"] = Self.newer
        headers.write(carrier)
        #expect(headers == ["a": "1", "traceparent": Self.newer, "b": "2"])
    }

    @Test("keep nothing of an older context, and every other header")
    func leftovers() {
        var headers: KafkaHeaders = [
            "traceparent": Self.older, "tracestate": "a=1", "x": "1", "baggage": "k=v", "b3": "0", "stitch": "o=1",
            "stitch-attempt": "2", "tracestate": "b=2",
        ]
        var carrier = ContextCarrier()
        carrier["traceparent"] = Self.newer
        headers.write(carrier)
        #expect(headers == ["traceparent": Self.newer, "x": "1", "stitch-attempt": "2"])
    }

    @Test("stay as they are when there is nothing to write")
    func nothing() {
        var headers: KafkaHeaders = ["traceparent": Self.older, "tracestate": "a=1"]
        headers.write(ContextCarrier())
        #expect(headers == ["traceparent": Self.older, "tracestate": "a=1"])
    }
}
