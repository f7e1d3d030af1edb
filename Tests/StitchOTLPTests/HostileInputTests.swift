// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import Testing

@testable import StitchOTLP

/// What nobody should send, and somebody will.
@Suite("OTLP from strangers")
struct HostileInputTests {
    static func sample(_ format: OTLPFormat) -> [UInt8] {
        var generator = SpanGenerator(seed: 11)
        return OTLP.encode((0..<4).map { _ in generator.span() } + [OTLPJSONLinesTests.span], as: format)
    }

    /// Reads it, and sees to it that what was read can be written and read again.
    static func read(_ bytes: [UInt8], _ format: OTLPFormat) -> OTLPError.Code? {
        do {
            let read = try OTLP.decode(bytes, as: format)
            for format in OTLPFormat.allCases {
                let again = try OTLP.decode(OTLP.encode(read.spans, as: format), as: format)
                // Not a number is not equal to itself, so only how many there are is compared.
                #expect(again.spans.count == read.spans.count && again.rejectedSpanCount == 0)
            }
            return nil
        } catch {
            return error.code
        }
    }

    @Test("A request that ends anywhere is refused or read, and nothing traps", arguments: OTLPFormat.allCases)
    func truncation(format: OTLPFormat) {
        let bytes = Self.sample(format)
        for count in bytes.indices {
            let code = Self.read(Array(bytes[..<count]), format)
            if format == .json { #expect(code == .malformed, "\(count)") }
        }
        #expect(Self.read(bytes, format) == nil)
    }

    @Test("Random changes are refused or read, and nothing traps", arguments: OTLPFormat.allCases)
    func mutation(format: OTLPFormat) {
        let bytes = Self.sample(format)
        var generator = SpanGenerator(seed: 12)
        for _ in 0..<1000 {
            var changed = bytes
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let index = Int.random(in: 0..<changed.count, using: &generator)
                switch generator.next() % 3 {
                case 0: changed[index] = UInt8(truncatingIfNeeded: generator.next())
                case 1: changed[index] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
                default: changed.remove(at: index)
                }
            }
            _ = Self.read(changed, format)
        }
    }

    @Test("Random bytes are refused or read, and nothing traps", arguments: OTLPFormat.allCases)
    func noise(format: OTLPFormat) {
        var generator = SpanGenerator(seed: 13)
        for _ in 0..<1000 {
            let count = Int.random(in: 0..<64, using: &generator)
            _ = Self.read((0..<count).map { _ in UInt8(truncatingIfNeeded: generator.next()) }, format)
        }
    }

    @Test("Values that are nested too deeply are refused, however deep they are")
    func depth() {
        var value = ProtobufWriter()
        value.write(string: "x", field: 1)
        var bytes = value.bytes
        for _ in 0..<5000 {
            var writer = ProtobufWriter()
            writer.write(message: 5) { writer in
                bytes.withUnsafeBytes { writer.write(bytes: $0, field: 1) }
            }
            bytes = writer.bytes
        }
        var request = ProtobufWriter()
        request.write(message: 1) { request in
            request.write(message: 1) { resource in
                resource.write(message: 1) { attribute in
                    attribute.write(string: "k", field: 1)
                    bytes.withUnsafeBytes { attribute.write(bytes: $0, field: 2) }
                }
            }
        }
        #expect(Self.read(request.bytes, .protobuf) == .tooLarge)
        for bracket in ["[", "{\"a\":"] {
            let text = #"{"x":"# + String(repeating: bracket, count: 100_000)
            #expect(Self.read(Array(text.utf8), .json) == .tooLarge)
        }
    }

    @Test("Fifty thousand attributes of one span are read in reasonable time, more than the limit are refused")
    func manyAttributes() throws {
        var request = ProtobufWriter()
        request.write(message: 1) { request in
            request.write(message: 2) { scope in
                scope.write(message: 2) { span in
                    span.write(traceID: TraceID(high: 1, low: 1), field: 1)
                    span.write(spanID: SpanID(bits: 1), field: 2)
                    for index in 0..<50_000 {
                        span.write(message: 9) { attribute in
                            attribute.write(string: "k\(index)", field: 1)
                            attribute.write(message: 2) { $0.write(varint: 1, field: 2) }
                        }
                    }
                }
            }
        }
        let spans = try OTLP.decode(request.bytes).spans
        #expect(spans.first?.attributes.count == 50_000)
        #expect {
            try OTLP.decode(request.bytes, limits: OTLPLimits(maximumElementCount: 25_000))
        } throws: { ($0 as? OTLPError)?.code == .tooLarge }
        let json = OTLP.encode(spans, as: .json)
        #expect(try OTLP.decode(json, as: .json).spans == spans)
        #expect {
            try OTLP.decode(json, as: .json, limits: OTLPLimits(maximumElementCount: 25_000))
        } throws: { ($0 as? OTLPError)?.code == .tooLarge }
    }

    @Test("More bytes than the limit are refused before they are read", arguments: OTLPFormat.allCases)
    func size(format: OTLPFormat) {
        #expect {
            try OTLP.decode([UInt8](repeating: 0xff, count: 100), as: format, limits: OTLPLimits(maximumByteCount: 99))
        } throws: { ($0 as? OTLPError)?.code == .tooLarge }
    }

    @Test("A span without valid ids is counted and costs no other")
    func badIDs() throws {
        let good = OTLPJSONLinesTests.span
        var bad = good
        bad.context.traceID = .invalid
        var other = good
        other.context.spanID = .invalid
        for format in OTLPFormat.allCases {
            let read = try OTLP.decode(OTLP.encode([good, bad, other, good], as: format), as: format)
            #expect(read.spans == [good, good] && read.rejectedSpanCount == 2 && !read.rejectionReason.isEmpty)
        }
    }

    @Test("A link without valid ids is left out and counted")
    func badLinks() throws {
        var span = OTLPJSONLinesTests.span
        span.links.append(SpanLink(.invalid))
        for format in OTLPFormat.allCases {
            let read = try OTLP.decode(OTLP.encode([span], as: format), as: format).spans
            #expect(read.first?.links.count == 1 && read.first?.droppedLinkCount == span.droppedLinkCount + 1)
        }
    }
}
