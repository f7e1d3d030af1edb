// SPDX-License-Identifier: Apache-2.0

import Foundation
import TelemetryData
import Testing

@testable import StitchOTLP

@Suite("OTLP JSON lines")
struct OTLPJSONLinesTests {
    static let span = SpanData(
        context: SpanContext(
            traceID: TraceID(high: 0xa, low: 0xb),
            spanID: SpanID(bits: 0xc),
            flags: [.sampled, .random],
            state: TraceState("k=v") ?? TraceState()
        ),
        parentSpanID: SpanID(bits: 0xd),
        name: "send \"orders\" ☃",
        kind: .producer,
        start: Timestamp(nanoseconds: 1_800_000_000_123_456_789),
        end: Timestamp(nanoseconds: 1_800_000_000_123_456_790),
        attributes: [
            "text": "x", "truth": false, "number": .int(.min), "fraction": 0.5, "bytes": .bytes([0, 255]),
            "list": .array([1, "two"]),
        ],
        events: [SpanEvent(name: "e", time: Timestamp(nanoseconds: 5), attributes: ["k": "v"])],
        links: [
            SpanLink(
                SpanContext(traceID: TraceID(high: 1, low: 2), spanID: SpanID(bits: 3), flags: .sampled),
                attributes: ["role": "creation"]
            )
        ],
        status: .error("no"),
        droppedLinkCount: 2,
        resource: Resource(attributes: ["service.name": "shop"]),
        scope: InstrumentationScope(name: "stitch", version: "1", schemaURL: "https://example.org/1")
    )

    @Test("A span comes back as it was")
    func roundTrip() throws {
        let line = try OTLPJSONLines.encode([Self.span])
        #expect(line.last == UInt8(ascii: "\n") && line.count { $0 == UInt8(ascii: "\n") } == 1)
        #expect(try OTLPJSONLines.decode(line: line) == [Self.span])
    }

    @Test("Ids are hexadecimal, 64-bit numbers strings, kinds and codes numbers, as OTLP's JSON encoding wants it")
    func encoding() throws {
        let text = String(decoding: try OTLPJSONLines.encode([Self.span]), as: UTF8.self)
        for part in [
            #""traceId":"000000000000000a000000000000000b""#, #""spanId":"000000000000000c""#,
            #""startTimeUnixNano":"1800000000123456789""#, #""kind":4"#, #""code":2"#, #""flags":3"#,
            #""intValue":"-9223372036854775808""#,
        ] {
            #expect(text.contains(part), "\(part)")
        }
    }

    @Test("Spans of different services are kept apart")
    func groups() throws {
        var other = Self.span
        other.resource = Resource(attributes: ["service.name": "mail"])
        let read = try OTLPJSONLines.decode(line: OTLPJSONLines.encode([Self.span, other, Self.span]))
        #expect(read.map(\.resource.serviceName) == ["shop", "shop", "mail"])
    }

    @Test("What others leave out or write otherwise is read: numbers as numbers, missing fields, unknown ones")
    func tolerance() throws {
        let line = """
            {"resourceSpans":[{"scopeSpans":[{"spans":[
              {"traceId":"0000000000000000000000000000000A","spanId":"000000000000000B","startTimeUnixNano":5,
               "kind":99,"new":{"x":1},"attributes":[{"key":"n","value":{"intValue":7}},{"key":"empty"}]},
              {"traceId":"zz","spanId":"000000000000000B"}]}]}],"more":[]}
            """
        let spans = try OTLPJSONLines.decode(line: Data(line.utf8))
        #expect(spans.count == 1)
        #expect(spans.first?.start == Timestamp(nanoseconds: 5))
        #expect(spans.first?.kind == .internal)
        #expect(spans.first?.attributes == ["n": 7, "empty": .null])
    }

    @Test("What is no OTLP is an error that says so", arguments: ["", "{", "[]", #"{"resourceSpans":7}"#])
    func malformed(line: String) {
        #expect { try OTLPJSONLines.decode(line: Data(line.utf8)) } throws: { error in
            (error as? OTLPError)?.code == .malformed
        }
    }

    @Test("The file exporter appends lines that read back; a path that can't be opened is an error that names it")
    func file() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "stitch-otlp-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "spans.jsonl")
        let exporter = try FileSpanExporter(path: file.path)
        try exporter.export(SpanBatch([Self.span]))
        try exporter.export(SpanBatch([Self.span]))
        #expect(try OTLPJSONLines.read(contentsOf: file).count == 2)
        #expect { try FileSpanExporter(path: folder.appending(path: "no/such/file").path) } throws: { error in
            "\(error)".contains("no/such/file")
        }
    }
}
