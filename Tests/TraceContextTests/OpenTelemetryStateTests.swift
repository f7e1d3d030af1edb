// SPDX-License-Identifier: Apache-2.0

import Testing
import TraceContext

@Suite("OpenTelemetry's member of tracestate")
struct OpenTelemetryStateTests {
    @Test(
        "A threshold has one to fourteen digits, the leading ones; anything else is none",
        arguments: [
            ("th:0", 0), ("th:8", 0x8000_0000_0000_00), ("th:fd70a", 0xfd70_a000_0000_00),
            ("th:00000000000001", 1), ("th:ffffffffffffff", 0xffff_ffff_ffff_ff), ("th:", nil), ("th:F", nil),
            ("th:0x1", nil), ("th:000000000000001", nil), ("th", nil), ("TH:8", nil),
            ("th:8;th:4", 0x8000_0000_0000_00),
            ("a:b;th:8", 0x8000_0000_0000_00), ("th:g;th:8", nil), ("", nil),
        ] as [(String, UInt64?)]
    )
    func threshold(text: String, threshold: UInt64?) {
        #expect(OpenTelemetryState(text).threshold == threshold)
    }

    @Test(
        "A randomness has fourteen digits; anything else is none",
        arguments: [
            ("rv:00000000000000", 0), ("rv:0123456789abcd", 0x0123_4567_89ab_cd), ("rv:0123456789abc", nil),
            ("rv:0123456789abcde", nil), ("rv:0123456789abcD", nil), ("rv:", nil),
        ] as [(String, UInt64?)]
    )
    func randomness(text: String, randomness: UInt64?) {
        #expect(OpenTelemetryState(text).randomness == randomness)
    }

    @Test("What is read is written again: known pairs first, unknown ones kept, garbage left out")
    func roundTrip() {
        let state = OpenTelemetryState("x1:a.b_C-d;rv:0123456789abcd;1x:a;y;z:;th:c00;q:a:b")
        #expect(state.description == "th:c;rv:0123456789abcd;x1:a.b_C-d;z:")
        #expect(OpenTelemetryState(state.description) == state)
    }

    @Test("Every threshold comes back, and is written without zeroes at its end")
    func thresholds() {
        for shift in UInt64(0)..<56 {
            var state = OpenTelemetryState()
            state.threshold = 1 << shift
            #expect(OpenTelemetryState(state.description).threshold == 1 << shift)
            #expect(!state.description.hasSuffix("0"))
        }
        var state = OpenTelemetryState()
        state.threshold = 0
        #expect(state.description == "th:0")
    }

    @Test("A number of more than 56 bits is none")
    func range() {
        var state = OpenTelemetryState()
        state.threshold = 1 << 56
        state.randomness = .max
        #expect(state.isEmpty && state.threshold == nil && state.randomness == nil)
    }

    @Test(
        "It has at most 256 bytes: a longer one says nothing, and what no longer fits is left out, unknown pairs first"
    )
    func bound() {
        #expect(OpenTelemetryState("th:8;a:" + String(repeating: "x", count: 250)).isEmpty)
        var state = OpenTelemetryState("b:1;a:" + String(repeating: "x", count: 244))
        state.randomness = 1
        #expect(state.description == "rv:00000000000001;b:1")
        #expect(state.threshold == nil)
    }

    @Test("In a trace state it moves to the left when it changes, stays when it doesn't, and goes when it is empty")
    func mutation() throws {
        var state = try #require(TraceState("a=1,ot=th:8;x:1,b=2"))
        state.openTelemetry.threshold = 0x8000_0000_0000_00
        #expect(state.description == "a=1,ot=th:8;x:1,b=2")
        state.openTelemetry.threshold = nil
        #expect(state.description == "ot=x:1,a=1,b=2")
        state.openTelemetry = OpenTelemetryState()
        #expect(state.description == "a=1,b=2")
        state.openTelemetry.randomness = 5
        #expect(state.description == "ot=rv:00000000000005,a=1,b=2")
    }

    @Test("A malformed member is none, and stays as it came as long as nobody has anything to say")
    func malformed() throws {
        var state = try #require(TraceState("a=1,ot=nonsense"))
        #expect(state.openTelemetry.isEmpty)
        state.openTelemetry.threshold = nil
        #expect(state.description == "a=1,ot=nonsense")
        state.openTelemetry.threshold = 0
        #expect(state.description == "ot=th:0,a=1")
    }

    @Test("The randomness of a context is that of the trace state, else the right-most seven bytes of the trace id")
    func contextRandomness() throws {
        let id = try #require(TraceID("ffffffffffffffffff0123456789abcd"))
        var context = SpanContext(traceID: id, spanID: SpanID(bits: 1))
        #expect(context.randomness == 0x0123_4567_89ab_cd)
        context.state.openTelemetry.randomness = 7
        #expect(context.randomness == 7)
    }
}
