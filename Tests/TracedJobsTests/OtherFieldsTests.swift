// SPDX-License-Identifier: Apache-2.0

import Testing
import TraceContext

@testable import TracedJobs

@Suite("The fields of a carrier that have no column")
struct OtherFieldsTests {
    @Test("The time when a flow began comes back as a number", arguments: [0, 7, 1_767_225_600_000, 9_999_999_999_999])
    func origin(milliseconds: Int64) {
        let json = OtherFields.json(origin: milliseconds)
        #expect(OtherFields.origin(inJSON: json) == milliseconds)
        #expect(OtherFields.fields(inJSON: json).map(\.value) == ["o=\(milliseconds)"])
        var field = StitchField()
        field.originMilliseconds = milliseconds
        #expect(field.description == "o=\(milliseconds)")
    }

    @Test(
        "What is written in another way, or says more, is read as any object",
        arguments: [
            (#"{"stitch":"o=7"}"#, "o=7"), (#"{"stitch": "o=07"}"#, "o=07"), (#"{"stitch": "o="}"#, "o="),
            (#"{"stitch": "o=12345678901234"}"#, "o=12345678901234"), (#"{"stitch": "o=7;w=c"}"#, "o=7;w=c"),
            (#"{"stitch": "o=-1"}"#, "o=-1"), (#"{ "stitch": "o=7" }"#, "o=7"),
        ]
    )
    func others(json: String, value: String) {
        #expect(OtherFields.origin(inJSON: json) == nil)
        #expect(OtherFields.fields(inJSON: json).map(\.value) == [value])
    }

    @Test(
        "What is no object of texts has no field",
        arguments: ["", "{", "[]", "7", #"{"stitch": 7}"#, #"{"stitch": "o=7""#]
    )
    func none(json: String) {
        #expect(OtherFields.origin(inJSON: json) == nil)
        #expect(OtherFields.fields(inJSON: json).isEmpty)
    }

    @Test("A carrier that is a trace and an origin is the same as numbers and as text")
    func plain() throws {
        var carrier = ContextCarrier()
        carrier["traceparent"] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03"
        carrier["stitch"] = "o=1767225600000"
        let plain = try #require(CarrierColumns(carrier).plainCarrier)
        #expect(plain.carrier == carrier)
        #expect(CarrierColumns(plain) == CarrierColumns(carrier))
        for (name, value) in [("tracestate", "a=1"), ("baggage", "a=1"), ("stitch", "o=7;w=c"), ("b3", "0")] {
            var other = carrier
            other[name] = value
            #expect(CarrierColumns(other).plainCarrier == nil, "\(name)")
        }
    }
}
