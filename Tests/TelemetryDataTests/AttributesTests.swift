// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import Testing

@Suite("Attributes and times")
struct AttributesTests {
    @Test("A key stands once, where it was set first")
    func order() {
        var attributes: Attributes = ["a": 1, "b": "two"]
        attributes["a"] = 3.5
        attributes.set("c", [1, 2])
        attributes.set("d", String?.none)
        #expect(attributes.elements.map(\.key) == ["a", "b", "c"])
        #expect(attributes["a"] == .double(3.5))
        #expect(attributes["c"] == .array([.int(1), .int(2)]))
        attributes["b"] = nil
        #expect(attributes.count == 2)
    }

    @Test("Times differ by signed durations and never leave their range")
    func times() {
        let early = Timestamp(nanoseconds: 1_000)
        let late = early.advanced(by: .seconds(2))
        #expect(late.duration(since: early) == .seconds(2))
        #expect(early.duration(since: late) == .seconds(-2))
        #expect(early.advanced(by: .seconds(-1)) == Timestamp(nanoseconds: 0))
        #expect(Timestamp(milliseconds: -5) == Timestamp(nanoseconds: 0))
        #expect(Timestamp(milliseconds: .max) == Timestamp(nanoseconds: .max))
    }
}
