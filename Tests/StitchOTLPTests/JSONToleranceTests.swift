// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import Testing

@testable import StitchOTLP

@Suite("OTLP's JSON as others write it")
struct JSONToleranceTests {
    static let ids = #""traceId":"0000000000000000000000000000000A","spanId":"000000000000000b""#

    static func read(span fields: String) throws -> OTLPSpans {
        try OTLP.decode(Array(#"{"resourceSpans":[{"scopeSpans":[{"spans":[{\#(fields)}]}]}]}"#.utf8), as: .json)
    }

    @Test(
        "Ids are read in hexadecimal of either case and in base 64, padded or not",
        arguments: [
            (ids, true), (#""traceId":"AAAAAAAAAAAAAAAAAAAACg==","spanId":"AAAAAAAAAAs=""#, true),
            (#""traceId":"AAAAAAAAAAAAAAAAAAAACg","spanId":"AAAAAAAAAAs""#, true),
            (#""traceId":"AAAAAAAAAAAAAAAAAAAACg=","spanId":"AAAAAAAAAAs=""#, false),
            (#""traceId":"000000000000000000000000000000zz","spanId":"000000000000000b""#, false),
            (#""traceId":"00000000000000000000000000000000","spanId":"000000000000000b""#, false),
            (#""traceId":7,"spanId":"000000000000000b""#, false), (#""spanId":"000000000000000b""#, false),
            (ids + #","parentSpanId":"zz""#, false), (ids + #","parentSpanId":"""#, true),
        ]
    )
    func readsIDs(fields: String, isValid: Bool) throws {
        let read = try Self.read(span: fields)
        #expect(read.rejectedSpanCount == (isValid ? 0 : 1))
        #expect(read.spans.map(\.context.traceID) == (isValid ? [TraceID(high: 0, low: 10)] : []))
        #expect(read.spans.map(\.context.spanID) == (isValid ? [SpanID(bits: 11)] : []))
    }

    @Test("Enums are read by number, by name and by number as text; what is not known is the default")
    func enums() throws {
        for kind in ["2", #""2""#, #""SPAN_KIND_SERVER""#] {
            #expect(try Self.read(span: Self.ids + #","kind":\#(kind)"#).spans.map(\.kind) == [.server])
        }
        #expect(try Self.read(span: Self.ids + #","kind":"SPAN_KIND_NEW""#).spans.map(\.kind) == [.internal])
        for code in ["2", #""STATUS_CODE_ERROR""#] {
            let read = try Self.read(span: Self.ids + #","status":{"code":\#(code),"message":"m"}"#)
            #expect(read.spans.map(\.status) == [.error("m")])
        }
    }

    @Test("Numbers are read as text and as numbers, in whatever form")
    func numbers() throws {
        for time in ["5", #""5""#, "5.0", "5e0", #""5e0""#] {
            let read = try Self.read(span: Self.ids + #","startTimeUnixNano":\#(time)"#)
            #expect(read.spans.map(\.start.nanoseconds) == [5], "\(time)")
        }
        let large = try Self.read(span: Self.ids + #","startTimeUnixNano":"18446744073709551615""#)
        #expect(large.spans.map(\.start.nanoseconds) == [.max])
        let values = try Self.read(
            span: Self.ids + """
                ,"attributes":[{"key":"a","value":{"doubleValue":"NaN"}},{"key":"b","value":{"doubleValue":"-Infinity"}},
                {"key":"c","value":{"doubleValue":3}},{"key":"d","value":{"bytesValue":"_-8"}}]
                """
        ).spans.first?.attributes
        #expect(values?["a"]?.doubleValue?.isNaN == true)
        #expect(values?["b"] == .double(-.infinity) && values?["c"] == .double(3))
        #expect(values?["d"] == .bytes([0xff, 0xef]))
    }

    @Test("null is as good as nothing, and what is not known is passed over, whatever it is")
    func unknown() throws {
        let read = try Self.read(
            span: Self.ids + """
                ,"name":null,"kind":null,"attributes":null,"events":null,"links":null,"status":null,"flags":null,
                "new":[1,-2.5e3,"x\\"y",{"z":[true,false,null]},[]],"\\u006eame":"n\\u00e9\\ud83d\\ude00\\ud800"
                """
        )
        #expect(read.spans.map(\.name) == ["né😀\u{fffd}"])
    }

    @Test(
        "A value that says nothing is null and keeps its place, and is written as it was read",
        arguments: [
            (#"{"key":"n","value":{}}"#, AttributeValue.null), (#"{"key":"n","value":null}"#, .null),
            (#"{"key":"n"}"#, .null), (#"{"key":"n","value":{"stringValue":null}}"#, .null),
            (
                #"{"key":"n","value":{"arrayValue":{"values":[{"stringValue":"a"},null,{},{"stringValue":"b"}]}}}"#,
                .array(["a", .null, .null, "b"])
            ),
            (#"{"key":"n","value":{"kvlistValue":{"values":[{"key":"a","value":{}}]}}}"#, .map(["a": .null])),
        ]
    )
    func nulls(attribute: String, value: AttributeValue) throws {
        let read = try Self.read(span: Self.ids + #","attributes":[\#(attribute)]"#)
        #expect(read.spans.first?.attributes == ["n": value])
        for format in OTLPFormat.allCases {
            #expect(try OTLP.decode(OTLP.encode(read.spans, as: format), as: format).spans == read.spans)
        }
    }

    @Test(
        "A field of the wrong type costs its span and no other",
        arguments: [
            #""name":7"#, #""kind":{}"#, #""startTimeUnixNano":"soon""#, #""attributes":{}"#, #""events":[7]"#,
            #""attributes":[{"key":"k","value":{"intValue":"x"}}]"#, #""status":[]"#, #""links":7"#,
            #""attributes":[{"key":"k","value":{"bytesValue":"*"}}]"#, #""flags":1.5"#,
        ]
    )
    func wrongTypes(field: String) throws {
        let good = "{\(Self.ids)}"
        let text = #"{"resourceSpans":[{"scopeSpans":[{"spans":[\#(good),{\#(Self.ids),\#(field)},\#(good)]}]}]}"#
        let read = try OTLP.decode(Array(text.utf8), as: .json)
        #expect(read.spans.count == 2 && read.rejectedSpanCount == 1 && !read.rejectionReason.isEmpty)
    }

    @Test("Fields come in any order: the spans before their scope and resource")
    func order() throws {
        let text = """
            {"resourceSpans":[{"scopeSpans":[{"spans":[{\(Self.ids)}],"schemaUrl":"u","scope":{"name":"s"}}],
              "resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]}}]}
            """
        let span = try OTLP.decode(Array(text.utf8), as: .json).spans.first
        #expect(span?.resource.serviceName == "shop" && span?.scope.name == "s" && span?.scope.schemaURL == "u")
    }

    @Test(
        "What is no JSON, or no request, is refused",
        arguments: [
            "{}x", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{,}", "{\"a\":tru}", "{\"a\":\"\\x\"}", "\"", "7",
            "{\"a\":\"b",
            #"{"resourceSpans":[7]}"#, #"{"resourceSpans":[{"scopeSpans":7}]}"#,
            "{\"resourceSpans\":[{\"schemaUrl\":1}]}",
        ]
    )
    func refusal(text: String) {
        let code = HostileInputTests.read(Array(text.utf8), .json)
        // An escape in text that nobody asks for is not looked at.
        #expect(code == .malformed || text.contains("\\x"), "\(text)")
    }
}
