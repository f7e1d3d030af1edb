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

    private static func identifier(_ samples: inout SampleSpans) -> String {
        let text = (String(samples.next() | 1 << 63, radix: 16) + String(samples.next() | 1 << 63, radix: 16))
        let upper = samples.chance(400) ? text.uppercased() : text
        return [
            upper.prefix(8), upper.dropFirst(8).prefix(4), upper.dropFirst(12).prefix(4), upper.dropFirst(16).prefix(4),
        ]
        .joined(separator: "-") + "-\(upper.suffix(12))"
    }
}
