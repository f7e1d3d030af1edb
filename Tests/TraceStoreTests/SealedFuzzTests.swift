// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import Testing
import TraceContext

@testable import TraceStore

/// Checksums keep most damage from whoever reads; here they are as the damaged bytes want them.
@Suite("Damaged parts of a sealed file")
struct SealedFuzzTests {
    /// A file of a few blocks, with links within and out of it.
    func file(_ samples: inout SampleSpans) throws -> [UInt8] {
        var writer = SealWriter()
        let source = writer.number(of: SpanSourceKey(resource: Resource(), scope: InstrumentationScope(name: "")))
        let elsewhere = samples.spans(traces: 5).map(\.context)
        for var span in samples.spans(traces: 180) {
            if samples.chance(8) { span.links.append(SpanLink(elsewhere[Int(samples.next() % 5)])) }
            if samples.chance(8) { span.links += span.links }
            var bytes = ProtobufWriter()
            bytes.write(contentOf: span)
            try bytes.bytes.withUnsafeBytes { try writer.add($0, source: source) }
        }
        return try writer.finish()
    }

    func directory(_ file: [UInt8]) -> Range<Int> {
        let tail = file.suffix(SealedFormat.tailSize)
        let numbers = [0, 8].map { start in
            (0..<8).reduce(0) { $0 | Int(tail[tail.startIndex + start + $1]) << ($1 * 8) }
        }
        return numbers[0]..<numbers[0] + numbers[1]
    }

    func change(_ bytes: inout [UInt8], in range: Range<Int>, _ samples: inout SampleSpans) {
        guard !range.isEmpty else { return }
        for _ in 0..<(1 + samples.next() % 3) {
            let place = range.lowerBound + Int(samples.next() % UInt64(range.count))
            switch samples.next() % 3 {
            case 0: bytes[place] ^= 1 << UInt8(samples.next() % 8)
            case 1: bytes[place] = [0, 0x7f, 0x80, 0xff][Int(samples.next() % 4)]
            default: bytes[place] = UInt8(truncatingIfNeeded: samples.next())
            }
        }
    }

    /// Reads what can be read of a block; it may throw, and no more.
    private func read(
        _ directory: SealedDirectory,
        _ number: Int,
        _ scan: [UInt8],
        _ identities: BlockIdentities,
        _ body: [UInt8]
    ) throws {
        let rows = directory.rows(ofBlock: number)
        let place = directory.blocks[number]
        guard scan.count == place.scanLength(rows.count, classWidth: directory.classWidth) else { throw DamagedBytes() }
        guard identities.count == rows.count else { throw DamagedBytes() }
        let columns = BlockColumns(bytes: scan, count: rows.count, place: place, classWidth: directory.classWidth)
        let block = try body.withUnsafeBytes {
            try SpanBlock($0, identities, columns, firstRow: rows.lowerBound, directory)
        }
        for row in 0..<rows.count {
            _ = block.source(row)
            _ = try block.bytes(row) { identities.identity($0 % identities.count) }
        }
    }

    @Test("Any bytes may be changed: reading ends with an error, or with other spans", arguments: 0..<4)
    func blocks(_ part: Int) throws {
        var samples = SampleSpans(seed: UInt64(60 + part))
        let file = try file(&samples)
        let range = directory(file)
        let whole = try file[range].withUnsafeBytes { try SealedDirectory($0) }
        var (refused, readable) = (0, 0)
        for round in 0..<400 {
            do {
                let number = round % whole.blocks.count
                var directory = whole
                var place = directory.blocks[number]
                let start = Int(place.bodyOffset)
                var ids = Array(file[start..<start + Int(place.identityLength)])
                var body = Array(file[(start + ids.count)...].prefix(Int(place.bodyLength)))
                let count = directory.rows(ofBlock: number).count
                let length = place.scanLength(count, classWidth: directory.classWidth)
                let scan = Array(file[Int(place.scanOffset)...].prefix(length))
                switch part {
                case 0: change(&ids, in: 0..<ids.count, &samples)
                case 1: body = try changed(body, &samples)
                case 2: change(&body, in: 0..<body.count, &samples)
                default:
                    var bytes = Array(file[range])
                    change(&bytes, in: 0..<bytes.count, &samples)
                    directory = try bytes.withUnsafeBytes { try SealedDirectory($0) }
                    place = directory.blocks[number]
                }
                try read(directory, number, scan, BlockIdentities(ids, count: count), body)
                readable += 1
            } catch {
                refused += 1
            }
        }
        #expect(refused > 0 && refused + readable == 400)
    }

    /// Changes what is compressed, or what stands beside it.
    private func changed(_ body: [UInt8], _ samples: inout SampleSpans) throws -> [UInt8] {
        try body.withUnsafeBytes { bytes in
            var reader = ByteReader(bytes)
            let (rawSize, plainSize) = (try reader.count(), try reader.count())
            var raw = [UInt8](try reader.bytes(rawSize))
            var plain = try Zlib.decompress(reader.bytes(reader.remainingCount), count: plainSize)
            if samples.chance(4) {
                change(&raw, in: 0..<raw.count, &samples)
            } else {
                change(&plain, in: 0..<plain.count, &samples)
            }
            if samples.chance(8) { plain.removeLast(plain.count / 2) }
            if samples.chance(8) { raw.removeLast(raw.count / 2) }
            var changed: [UInt8] = []
            changed.append(varint: UInt64(raw.count))
            changed.append(varint: UInt64(plain.count))
            changed += raw
            try Deflater(level: 1).compress(plain, to: &changed)
            return changed
        }
    }

    @Test("Links to rows are read from a file whose ids are damaged as an error")
    func identities() async throws {
        var samples = SampleSpans(seed: 70)
        let file = try file(&samples)
        let whole = try file[directory(file)].withUnsafeBytes { try SealedDirectory($0) }
        try await withDirectory { path in
            let directory = StoreDirectory(path: path)
            try directory.create()
            var damaged = file
            damaged[Int(whole.blocks[0].bodyOffset) + 3] ^= 1
            try directory.write(damaged, to: "seg")
            let partition = try SealedPartition("\(path)/seg", number: 1, generation: 0)
            #expect(throws: DamagedBytes.self) { try partition.record(0) }
            #expect(throws: DamagedBytes.self) { try partition.identities.identity(0) }
            #expect(throws: DamagedBytes.self) { try partition.identities.identity(whole.rowCount) }
            #expect(throws: DamagedBytes.self) { try partition.identities.identity(-1) }
            // What has links into the damaged block can't be read either; the rest can.
            let rows = (SealedFormat.blockCount..<whole.rowCount).filter { (try? partition.record($0)) != nil }
            #expect(!rows.isEmpty)
        }
    }
}
