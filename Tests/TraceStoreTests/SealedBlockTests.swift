// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import Testing
import TraceContext

@testable import TraceStore

@Suite("Blocks of a sealed file")
struct SealedBlockTests {
    /// A span's bytes, with fields behind it that whoever made them may have put there.
    private func bytes(_ span: SpanData, _ rest: [UInt8] = []) -> [UInt8] {
        var writer = ProtobufWriter()
        writer.write(contentOf: span)
        return writer.bytes + rest
    }

    /// Seals spans and gives back their bytes.
    private func sealed(_ spans: [[UInt8]]) async throws -> [[UInt8]] {
        var writer = SealWriter()
        let source = writer.number(of: SpanSourceKey(resource: Resource(), scope: InstrumentationScope(name: "")))
        for span in spans { try span.withUnsafeBytes { try writer.add($0, source: source) } }
        let file = try writer.finish()
        var found: [[UInt8]] = []
        try await withDirectory { path in
            let directory = StoreDirectory(path: path)
            try directory.create()
            try directory.write(file, to: "seg")
            let partition = try SealedPartition("\(path)/seg", number: 1, generation: 0)
            for row in 0..<partition.directory.rowCount { found.append([UInt8](try partition.record(row).bytes)) }
        }
        return found
    }

    @Test("Spans come back byte for byte, also where their bytes are not as our own writer makes them")
    func foreignBytes() async throws {
        var samples = SampleSpans(seed: 50)
        let spans = samples.spans(traces: 300)
        let rests: [[UInt8]] = [
            [], [0x38, 0x01], [0x30, 0x83, 0x00], [0x4a, 0x03, 0x0a, 0x01, 0x61], [0x6a, 0x00], [0x82, 0x01, 0x00],
            // An attribute whose number has more bytes than it needs, and one with its value first.
            [0x4a, 0x08, 0x0a, 0x01, 0x61, 0x12, 0x03, 0x18, 0x81, 0x00],
            [0x4a, 0x07, 0x12, 0x02, 0x18, 0x01, 0x0a, 0x01, 0x61],
            [0x41, 0, 0, 0, 0, 0, 0, 0, 0],
        ]
        let given = spans.enumerated().map { bytes($1, rests[$0 % rests.count]) }
        let found = try await sealed(given)
        #expect(Set(found) == Set(given) && found.count == given.count)
    }

    @Test("Values of all kinds come back as they were", arguments: 0..<6)
    func values(_ kind: Int) async throws {
        var samples = SampleSpans(seed: 51)
        let given = samples.spans(traces: 200).map { span in
            var span = span
            span.attributes["value"] =
                switch kind {
                case 0: .string("prefix-\(samples.next() % 100_000)")
                case 1: .string("0\(samples.next() % 10)")
                case 2: .string("\(UInt32(truncatingIfNeeded: samples.next()))-é-\(samples.next())")
                case 3: .int(Int64(bitPattern: samples.next()))
                case 4: .double(Double(bitPattern: samples.next() >> 2))
                default: .string(Self.identifier(&samples))
                }
            return bytes(span)
        }
        let found = try await sealed(given)
        #expect(Set(found) == Set(given) && found.count == given.count)
    }

    @Test("Links come back byte for byte, wherever they lead and however they are made")
    func links() async throws {
        var samples = SampleSpans(seed: 52)
        let plain = samples.spans(traces: 200)
        let ends = plain.map { ($0.traceID, $0.spanID) }
        func ids(_ trace: TraceID, _ span: SpanID) -> [UInt8] {
            var writer = ProtobufWriter()
            writer.write(
                contentOf: SpanData(
                    context: SpanContext(traceID: trace, spanID: span, flags: []),
                    name: "",
                    kind: .internal,
                    start: Timestamp(nanoseconds: 0),
                    end: Timestamp(nanoseconds: 0)
                )
            )
            return Array(writer.bytes.prefix(28))
        }
        let tails: [[UInt8]] = [
            [], [0x35, 1, 3, 0, 0], [0x1a, 0x03, 0x61, 0x3d, 0x62], [0x28, 0x02],
            // An attribute: a text, a number, one with more bytes than it needs, one without a value, one that is a list.
            [0x22, 0x08, 0x0a, 0x01, 0x61, 0x12, 0x03, 0x0a, 0x01, 0x62],
            [0x22, 0x07, 0x0a, 0x01, 0x61, 0x12, 0x02, 0x18, 0x05],
            [0x22, 0x08, 0x0a, 0x01, 0x61, 0x12, 0x03, 0x18, 0x85, 0],
            [0x22, 0x03, 0x0a, 0x01, 0x61], [0x22, 0x09, 0x0a, 0x01, 0x61, 0x12, 0x04, 0x2a, 0x02, 0x0a, 0x00],
            // Other ids, behind the first.
            ids(TraceID(high: 1, low: 2), SpanID(bits: 3)),
        ]
        let given = plain.enumerated().map { place, span in
            var links: [UInt8] = []
            for _ in 0..<(samples.next() % 5) {
                var (trace, other) = ends[Int(samples.next() % UInt64(ends.count))]
                switch samples.next() % 8 {
                case 0: (trace, other) = (span.traceID, span.spanID)
                case 1: (trace, other) = (TraceID(high: samples.next(), low: 1), SpanID(bits: samples.next() | 1))
                case 2: other = SpanID(bits: samples.next() | 1)
                default: break
                }
                let message =
                    ids(trace, other) + tails[Int(samples.next() % UInt64(tails.count))]
                    + tails[Int(samples.next() % UInt64(tails.count))]
                let isLong = samples.chance(16)
                links += [0x6a, UInt8(message.count) | (isLong ? 0x80 : 0)] + (isLong ? [0] : []) + message
                // Something between, and a link without ids.
                if samples.chance(9) { links += [0x50, 0x01] }
                if samples.chance(9) { links += [0x6a, 0x02, 0x28, 0x01] }
            }
            var bare = span
            bare.links = []
            return bytes(bare, links)
        }
        let found = try await sealed(given)
        #expect(Set(found) == Set(given) && found.count == given.count)
    }

    @Test("Ids and times that are told twice, or strangely, come back as they were")
    func strange() async throws {
        var samples = SampleSpans(seed: 53)
        let spans = samples.spans(traces: 100)
        let fronts: [[UInt8]] = [
            [0x0a, 0x02, 1, 2], [0x12, 0x08, 9, 9, 9, 9, 9, 9, 9, 9], [0x39, 1, 2, 3, 4, 5, 6, 7, 8], [0x22, 0x00],
            [0x22, 0x08, 0, 0, 0, 0, 0, 0, 0, 0], [0x8a, 0x00, 0x00], [0x2a, 0x81, 0x00, 0x61],
            [0x93, 0x08, 0x94, 0x08],
            [0x7a, 0x02, 0x18, 0x02],
        ]
        let given = spans.enumerated().map { fronts[$0 % fronts.count] + bytes($1) }
        let found = try await sealed(given)
        #expect(Set(found) == Set(given) && found.count == given.count)
    }

    @Test("A number's hash is that of its description")
    func hashes() {
        var samples = SampleSpans(seed: 54)
        let key = AttributeHash("key")
        for _ in 0..<2_000 {
            let (bits, shift) = (samples.next(), samples.next() % 64)
            let integer = Int64(bitPattern: bits >> shift)
            let thousandths = Double(bits >> (shift / 2 + 20)) / 1_000
            let other = Double(bitPattern: bits)
            #expect(key.with(integer) == key.with(integer.description))
            #expect(key.with(0 &- integer) == key.with((0 &- integer).description))
            for number in [thousandths, -thousandths, other] {
                #expect(key.with(number) == key.with(number.description))
            }
        }
        for number in [0, -0.0, 0.001, 0.1, 1, 100, 1e6, 999_999_999.999, 1e9, 1e12, .infinity, .nan, .pi] {
            #expect(key.with(number) == key.with(number.description))
        }
        #expect(key.with(Int64.min) == key.with(Int64.min.description))
    }

    private static func identifier(_ samples: inout SampleSpans) -> String {
        let text = (String(samples.next() | 1 << 63, radix: 16) + String(samples.next() | 1 << 63, radix: 16))
        let upper = samples.chance(400) ? text.uppercased() : text
        return [
            upper.prefix(8), upper.dropFirst(8).prefix(4), upper.dropFirst(12).prefix(4), upper.dropFirst(16).prefix(4),
        ]
        .joined(separator: "-") + "-\(upper.suffix(12))"
    }
}
