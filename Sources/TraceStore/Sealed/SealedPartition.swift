// SPDX-License-Identifier: Apache-2.0

import Synchronization
import TelemetryData
import TraceContext
import TraceFlow

/// A sealed file, to be read.
///
/// What is small is held in memory; blocks, columns, traces and postings are read when they are needed, and checked.
/// Any number of threads use it.
final class SealedPartition: Sendable {
    let number: Int64
    let generation: Int64
    let directory: SealedDirectory
    let sources: [SpanSource]
    let size: Int
    /// The ids of rows.
    let identities: FileIdentities
    private let file: ReadOnlyFile
    private let cache: Mutex<Cache>
    private let replaced = Mutex<Set<Int>>([])

    /// The last start; 0 if there are no spans.
    let lastStart: UInt64
    /// The first start; `nil` if there are no spans.
    var firstStart: UInt64? { directory.blocks.lazy.map(\.minimumStart).min() }

    private struct Cache {
        var verifiedColumns: [Bool]
        var attributes: ShapeAttributes?
    }

    let caches: SealedCaches
    /// What the caches call this file.
    private let fileNumber: Int

    /// Rows that a later copy in another partition has replaced, as the store's thread knows them.
    var superseded: Set<Int> {
        get { replaced.withLock { $0 } }
        set { replaced.withLock { $0 = newValue } }
    }

    /// Opens a file.
    ///
    /// - Parameters:
    ///   - path: Where it is.
    ///   - number: Its number.
    ///   - generation: Its generation.
    ///   - caches: For what is read of it.
    /// - Throws: ``StoreError`` if it can't be read or is of a newer version, ``DamagedBytes`` and the like if it makes no
    ///   sense.
    init(_ path: String, number: Int64, generation: Int64, caches: SealedCaches = SealedCaches()) throws {
        file = try ReadOnlyFile(path)
        (self.number, self.generation, size) = (number, generation, file.size)
        (self.caches, fileNumber) = (caches, caches.number())
        let tail = try file.bytes(at: file.size - SealedFormat.tailSize, count: SealedFormat.tailSize)
        var end = try tail.withUnsafeBytes { bytes in
            var reader = ByteReader(bytes)
            return (
                offset: try reader.number(UInt64.self), count: try reader.number(UInt64.self),
                checksum: try reader.number(UInt32.self), version: try reader.number(UInt32.self),
                magic: try reader.number(UInt64.self)
            )
        }
        guard end.magic == SealedFormat.magic else { throw DamagedBytes() }
        guard end.version == SealedFormat.version else {
            let remedy = end.version > SealedFormat.version ? "use a newer Stitch" : "use the Stitch that wrote it"
            throw StoreError(.newerFormat, "can't read \(path): it has format \(end.version); \(remedy)")
        }
        end.offset = min(end.offset, UInt64(Int.max))
        let bytes = try file.bytes(at: Int(end.offset), count: Int(clamping: end.count))
        guard Zlib.checksum(bytes) == end.checksum else { throw DamagedBytes() }
        directory = try bytes.withUnsafeBytes { try SealedDirectory($0) }
        try directory.check(size: size)
        identities = FileIdentities(file, directory, caches.identities, fileNumber)
        sources = directory.sources.map { SpanSource($0) }
        lastStart = directory.blocks.reduce(0) { max($0, $1.maximumStart) }
        cache = Mutex(Cache(verifiedColumns: [Bool](repeating: false, count: directory.blocks.count)))
    }

    /// Asks it; what makes no sense there is its damage.
    func ask<Result>(_ body: (SealedPartition) throws -> Result) throws -> Result {
        do {
            return try body(self)
        } catch let error where error is StoreError || error is DamagedPartition {
            throw error
        } catch {
            throw DamagedPartition(number: number, generation: generation)
        }
    }

    /// Notes that a later copy has replaced a row.
    func supersede(row: Int) { replaced.withLock { _ = $0.insert(row) } }

    /// What is known of a trace; `nil` if it has no spans here.
    func trace(_ id: TraceID) throws -> TraceRow? {
        guard directory.filter.mayContain(id) else { return nil }
        let next = directory.page(behind: id)
        guard next > 0 else { return nil }
        let page = directory.tracePages[next - 1]
        return try rows(on: page).withUnsafeBytes { bytes in
            var (low, high) = (0, Int(page.count))
            while low < high {
                let middle = (low + high) / 2
                if try TraceRow.id(middle, of: bytes).isBefore(id) { low = middle + 1 } else { high = middle }
            }
            guard low < Int(page.count) else { return nil }
            var reader = ByteReader(UnsafeRawBufferPointer(rebasing: bytes[(low * TraceRow.size)...]))
            let row = try TraceRow(&reader)
            guard row.rows.upperBound <= directory.rowCount else { throw DamagedBytes() }
            return row.id == id ? row : nil
        }
    }

    /// All traces, in the order of their ids.
    func traces() throws -> [TraceRow] { try directory.tracePages.flatMap { try traces(on: $0) } }

    /// The ids of traces of a range that have spans other than some rows, in order, up to a number.
    func traces(in range: TraceRange, without superseded: Set<Int>, limit: Int) throws -> [TraceID] {
        var found: [TraceID] = []
        // From the last page that begins with the first id or before it.
        let first = max(0, directory.page(behind: range.first) - 1)
        for page in directory.tracePages[first...] where !range.last.isBefore(page.first) {
            for trace in try traces(on: page) where range.contains(trace.id) {
                guard !trace.rows.allSatisfy(superseded.contains) else { continue }
                found.append(trace.id)
                if found.count == limit { return found }
            }
        }
        return found
    }

    private func rows(on page: TracePage) throws -> [UInt8] {
        let bytes = try file.bytes(at: Int(clamping: page.offset), count: Int(page.count) * TraceRow.size)
        guard Zlib.checksum(bytes) == page.checksum else { throw DamagedBytes() }
        return bytes
    }

    private func traces(on page: TracePage) throws -> [TraceRow] {
        let count = Int(page.count)
        return try rows(on: page).withUnsafeBytes { bytes in
            var reader = ByteReader(bytes)
            var rows: [TraceRow] = []
            rows.reserveCapacity(count)
            for _ in 0..<count {
                let row = try TraceRow(&reader)
                guard row.rows.upperBound <= directory.rowCount else { throw DamagedBytes() }
                rows.append(row)
            }
            return rows
        }
    }

    /// The spans of a block.
    func block(_ number: Int) throws -> SpanBlock {
        if let block = caches.blocks[fileNumber, number] { return block }
        let bytes = try body(number)
        let block = try bytes.withUnsafeBytes {
            try SpanBlock(
                $0,
                identities.block(number),
                columns(number),
                firstRow: number * SealedFormat.blockCount,
                directory
            )
        }
        caches.blocks.insert(block, fileNumber, number, size: block.size)
        return block
    }

    /// What stands behind the ids of a block.
    private func body(_ number: Int) throws -> [UInt8] {
        let place = directory.blocks[number]
        let offset = Int(clamping: place.bodyOffset)
        guard offset <= size else { throw DamagedBytes() }
        let bytes = try file.bytes(at: offset + Int(place.identityLength), count: Int(place.bodyLength))
        guard Zlib.checksum(bytes) == place.bodyChecksum else { throw DamagedBytes() }
        return bytes
    }

    /// Has the system read blocks ahead that are soon asked for: one after the other they would be waited for.
    func expect(blocks: some Sequence<Int>) {
        for number in Set(blocks) where caches.blocks[fileNumber, number] == nil {
            let place = directory.blocks[number]
            let count = Int(place.identityLength) + Int(place.bodyLength)
            file.expect(at: Int(clamping: place.bodyOffset), count: count)
        }
    }

    /// Has the system read all that makes up a block at once, rather than one piece after the other.
    private func expect(block number: Int) {
        guard caches.blocks[fileNumber, number] == nil else { return }
        expect(columns: CollectionOfOne(number))
        expect(blocks: CollectionOfOne(number))
    }

    /// Has the system read the ids of rows ahead.
    func expect(identitiesOf rows: some Sequence<Int>) {
        for number in Set(rows.map { $0 / SealedFormat.blockCount }) where !identities.holds(number) {
            let place = directory.blocks[number]
            file.expect(at: Int(clamping: place.bodyOffset), count: Int(place.identityLength))
        }
    }

    /// Has the system read the columns of blocks ahead, of one after the other in the file.
    func expect(columns: some Collection<Int>) {
        guard let first = columns.min(), let last = columns.max() else { return }
        let (start, end) = (directory.blocks[first].scanOffset, directory.blocks[last].scanOffset)
        guard start <= end else { return }
        file.expect(at: Int(clamping: start), count: Int(clamping: end - start) + 4_096)
    }

    /// The spans of a trace that a row links to.
    ///
    /// - Parameters:
    ///   - row: The row.
    ///   - trace: The trace.
    ///   - rows: The trace's own rows in this file.
    /// - Returns: The spans, be they there or not.
    /// - Throws: ``DamagedBytes``, and why the file can't be read.
    func targets(_ row: Int, in trace: TraceID, _ rows: Range<Int>) throws -> [SpanReference] {
        let links = try linkTargets(row / SealedFormat.blockCount)
        return try links[row % SealedFormat.blockCount].compactMap { target in
            switch target {
            case .row(let row): return rows.contains(row) ? try reference(row) : nil
            case .outside(let ids):
                let reference = SpanReference(ids)
                return reference.traceID == trace ? reference : nil
            }
        }
    }

    private func linkTargets(_ number: Int) throws -> LinkTargets {
        if let links = caches.links[fileNumber, number] { return links }
        let links = try body(number).withUnsafeBytes { body in
            try LinkTargets(
                body,
                count: directory.rows(ofBlock: number).count,
                firstRow: number * SealedFormat.blockCount,
                directory
            )
        }
        caches.links.insert(links, fileNumber, number, size: links.size)
        return links
    }

    /// The span of a row.
    func reference(_ row: Int) throws -> SpanReference { SpanReference(try identities.identity(row)) }

    /// What a search asks of the attributes of spans, unless sources may have them; `nil` for nothing.
    func tests(_ plan: SearchPlan) -> AttributeTests? {
        let conditions = zip(plan.attributes, plan.query.attributes)
            .filter { hash, _ in !sources.contains { plan.has(hash, $0) } }
            .map { AttributeTests.Condition(key: AttributeHash($1.key), hash: $0) }
        if conditions.isEmpty { return nil }
        let known = cache.withLock { $0.attributes }
        let shapes = known ?? ShapeAttributes(directory)
        if known == nil { cache.withLock { $0.attributes = shapes } }
        return shapes.tests(conditions, directory)
    }

    /// Lends the bytes of the spans of rows that follow each other, without some, each with who made it.
    func forEachSpan(
        _ rows: Range<Int>,
        without superseded: Set<Int>,
        _ body: (SpanSource, UnsafeRawBufferPointer) -> Void
    ) throws {
        var scratch = Scratch()
        let identity = identities.identity
        var row = rows.lowerBound
        while row < rows.upperBound {
            let number = row / SealedFormat.blockCount
            expect(block: number)
            let block = try block(number)
            let first = number * SealedFormat.blockCount
            while row < min(rows.upperBound, first + SealedFormat.blockCount) {
                if superseded.isEmpty || !superseded.contains(row) {
                    let source = sources[block.source(row - first)]
                    try block.withBytes(row - first, &scratch, identity) { body(source, $0) }
                }
                row += 1
            }
        }
    }

    /// The span of a row.
    func record(_ row: Int) throws -> SpanRecord {
        let block = try block(row / SealedFormat.blockCount)
        let place = row % SealedFormat.blockCount
        let bytes = try block.bytes(place, identities.identity)
        return SpanRecord(source: sources[block.source(place)], bytes: bytes[...])
    }

    /// The links to spans of a trace, or of another one with the same hash.
    func links(to trace: TraceID) throws -> [SealedLink] {
        let hash = trace.linkHash
        guard directory.linked.mayContain(linkHash: hash) else { return [] }
        let offset = Int(clamping: directory.links.offset)
        return try directory.links.table.values(of: hash) { try file.bytes(at: offset + $0, count: $1) }
            .compactMap { SealedLink($0.value, code: $0.code, rowCount: directory.rowCount) }
    }

    /// All links, by the hash of the trace that they lead to.
    func forEachLink(_ body: (_ hash: UInt32, _ row: Int, _ joins: Bool) -> Void) throws {
        let offset = Int(clamping: directory.links.offset)
        try directory.links.table.forEach(read: { try file.bytes(at: offset + $0, count: $1) }) { hash, value, _ in
            body(hash, Int(value >> 1), value & 1 != 0)
        }
    }

    /// The blocks that hold an attribute of this hash; `nil` if that may be any.
    func blocks(withAttribute hash: UInt32) throws -> Set<Int>? {
        let offset = Int(clamping: directory.attributes.offset)
        let values = try directory.attributes.table.values(of: hash) { try file.bytes(at: offset + $0, count: $1) }
        if values.contains(where: { $0.value == SealedFormat.everyBlock }) { return nil }
        return Set(values.map { Int($0.value) })
    }

    /// The columns of a block.
    func columns(_ block: Int) throws -> BlockColumns {
        let place = directory.blocks[block]
        let count = directory.rows(ofBlock: block).count
        let bytes = try file.bytes(
            at: Int(clamping: place.scanOffset),
            count: place.scanLength(count, classWidth: directory.classWidth)
        )
        if !cache.withLock({ $0.verifiedColumns[block] }) {
            guard Zlib.checksum(bytes) == place.scanChecksum else { throw DamagedBytes() }
            cache.withLock { $0.verifiedColumns[block] = true }
        }
        return BlockColumns(bytes: bytes, count: count, place: place, classWidth: directory.classWidth)
    }
}

/// What a search asks of the rows of a block.
struct BlockColumns {
    let bytes: [UInt8]
    let count: Int
    let place: SealedBlock
    let classWidth: Int

    /// Hands over each row's start, duration, class and coarse wait.
    @inline(__always)
    func forEach(_ body: (_ row: Int, _ start: UInt64, _ duration: Int64, _ class: Int, _ wait: UInt8) -> Void) {
        bytes.withUnsafeBytes { bytes in
            // The bytes are as many as the widths say.
            let durations = count &* place.startWidth
            let classes = durations &+ count &* place.durationWidth
            let waits = classes &+ count &* classWidth
            for row in 0..<count {
                let offset: UInt64 =
                    place.startWidth == 8
                    ? bytes.loadUnaligned(fromByteOffset: row &* 8, as: UInt64.self)
                    : UInt64(bytes.loadUnaligned(fromByteOffset: row &* 4, as: UInt32.self))
                let duration: Int64 =
                    place.durationWidth == 8
                    ? bytes.loadUnaligned(fromByteOffset: durations &+ row &* 8, as: Int64.self)
                    : Int64(bytes.loadUnaligned(fromByteOffset: durations &+ row &* 4, as: UInt32.self))
                let number: Int =
                    classWidth == 2
                    ? Int(bytes.loadUnaligned(fromByteOffset: classes &+ row &* 2, as: UInt16.self))
                    : Int(bytes.loadUnaligned(fromByteOffset: classes &+ row &* 4, as: UInt32.self))
                body(row, place.minimumStart &+ offset, duration, number, bytes[waits &+ row])
            }
        }
    }
}

extension SpanReference {
    /// The span of some ids.
    fileprivate init(_ ids: RowIdentity) {
        self.init(
            traceID: TraceID(high: UInt64(bigEndian: ids.first), low: UInt64(bigEndian: ids.second)),
            spanID: SpanID(bits: UInt64(bigEndian: ids.span))
        )
    }
}
