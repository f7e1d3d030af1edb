// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceContext

/// Makes a sealed file of spans, each of which is added once.
///
/// The file is a function of the spans and of nothing else. They are held in memory until it is made.
struct SealWriter {
    struct Row {
        var trace: TraceID
        var span: UInt64
        var start: UInt64
        var duration: Int64
        var wait: Int64
        var source: UInt32
        var name: UInt32
        var hasError: Bool
        var bytes: Range<Int>
        var attributes: Range<Int>
        var links: Range<Int>
        /// The number of its trace; once they are sorted, in the order of their first starts.
        var traceNumber: Int32
        var parent: UInt64
        /// The number of its shape; -1 if it has none.
        var shape: Int
        /// Where its values are noted.
        var values: Range<Int>
    }

    private struct Trace {
        var id: TraceID
        var count: UInt32 = 0
        var summary = TraceSummary()
    }

    private(set) var memory: [UInt8] = []
    private var rows: [Row] = []
    private var attributes: [UInt32] = []
    private var links: [(hash: UInt32, joins: Bool)] = []
    private var traces: [Trace] = []
    private var traceNumbers: [TraceID: Int32] = [:]
    private var sources = SourceTable()
    private var names = NameTable()
    private var facts = SpanFacts()
    private var shaper = SpanShaper()

    /// How many spans there are.
    var count: Int { rows.count }

    init() {}

    /// The number by which spans of a source are added.
    mutating func number(of source: SpanSourceKey) -> UInt32 { sources[source] ?? sources.add(source) }

    /// Adds a span.
    mutating func add(_ bytes: UnsafeRawBufferPointer, source: UInt32) throws(ProtobufError) {
        try facts.read(bytes)
        guard facts.traceID.isValid, facts.spanID.isValid else { return }
        let place = memory.count..<(memory.count + bytes.count)
        memory.append(contentsOf: bytes)
        let attributeRange = attributes.count..<(attributes.count + facts.attributes.count)
        attributes += facts.attributes
        let firstLink = links.count
        for link in facts.links { links.append((link.traceID.linkHash, link.joins)) }
        let trace = note(facts)
        let shape = memory.withUnsafeBytes { shaper.add(place, in: $0, source: source) }
        rows.append(
            Row(
                trace: facts.traceID,
                span: facts.spanID.bits,
                start: facts.start,
                duration: facts.duration,
                wait: facts.wait,
                source: source,
                name: names.number(of: facts.name),
                hasError: facts.hasError,
                bytes: place,
                attributes: attributeRange,
                links: firstLink..<links.count,
                traceNumber: trace,
                parent: facts.parent.bits,
                shape: shape?.shape ?? -1,
                values: shape?.values ?? 0..<0
            )
        )
    }

    private mutating func note(_ facts: borrowing SpanFacts) -> Int32 {
        let number: Int32
        if let known = traceNumbers[facts.traceID] {
            number = known
        } else {
            number = Int32(truncatingIfNeeded: traces.count)
            traceNumbers[facts.traceID] = number
            traces.append(Trace(id: facts.traceID))
        }
        traces[Int(number)].count += 1
        traces[Int(number)].summary.add(facts)
        return number
    }

    /// The file.
    mutating func finish() throws(DamagedBytes) -> [UInt8] {
        sort()
        var file: [UInt8] = []
        file.reserveCapacity(rows.count * 96)
        file.append(number: SealedFormat.magic)
        var directory = makeDirectory()
        let context = shape(&directory)
        var scan: [UInt8] = []
        var attributePairs: [UInt64] = []
        var hashes = HashSieve()
        for block in directory.blocks.indices {
            let range = directory.rows(ofBlock: block)
            directory.blocks[block].bodyOffset = UInt64(file.count)
            let begin = scan.count
            writeColumns(range, &directory.blocks[block], classWidth: directory.classWidth, to: &scan)
            let columns = BlockColumns(
                bytes: Array(scan[begin...]),
                count: range.count,
                place: directory.blocks[block],
                classWidth: directory.classWidth
            )
            let body = try BlockCodec.encode(rows[range], columns, context)
            directory.blocks[block].bodyLength = UInt32(truncatingIfNeeded: body.count)
            directory.blocks[block].bodyChecksum = Zlib.checksum(body)
            file += body
            collect(range, block: block, &hashes, into: &attributePairs)
        }
        for block in directory.blocks.indices { directory.blocks[block].scanOffset += UInt64(file.count) }
        file += scan
        writeTraces(&directory, to: &file)
        writeLinks(&directory, to: &file)
        directory.attributes.offset = UInt64(file.count)
        let listed = Self.withoutCommon(attributePairs, blockCount: directory.blocks.count)
        directory.attributes.table = PostingTable.write(listed, to: &file)
        let end = directory.bytes
        let offset = UInt64(file.count)
        file += end
        file.append(number: offset)
        file.append(number: UInt64(end.count))
        file.append(number: Zlib.checksum(end))
        file.append(number: SealedFormat.version)
        file.append(number: SealedFormat.magic)
        return file
    }

    /// Orders rows by their trace's first start, so that what is of one time and what is of one trace lies together.
    private mutating func sort() {
        let starts = traces.map(\.summary.firstStart)
        // Comparing numbers of traces is enough once these are in order.
        let order = traces.indices.sorted { a, b in
            starts[a] == starts[b] ? traces[a].id.isBefore(traces[b].id) : starts[a] < starts[b]
        }
        var ranks = [Int32](repeating: 0, count: order.count)
        for (rank, trace) in order.enumerated() { ranks[trace] = Int32(truncatingIfNeeded: rank) }
        for index in rows.indices { rows[index].traceNumber = ranks[Int(rows[index].traceNumber)] }
        rows.sort { ($0.traceNumber, $0.start, $0.span) < ($1.traceNumber, $1.start, $1.span) }
        traces = order.map { traces[$0] }
    }

    /// Numbers sources, names and classes in the order of the rows.
    private mutating func makeDirectory() -> SealedDirectory {
        var scratch: [UInt8] = []
        let none = (UInt64(0), PostingTable.write([], to: &scratch))
        var directory = SealedDirectory(links: none, attributes: none)
        directory.rowCount = rows.count
        directory.traceCount = traces.count
        directory.blocks = Array(
            repeating: SealedBlock(),
            count: (rows.count + SealedFormat.blockCount - 1) / SealedFormat.blockCount
        )
        var sourceNumbers = [UInt32?](repeating: nil, count: sources.sources.count)
        var nameNumbers = [UInt32?](repeating: nil, count: names.names.count)
        var classes: [SealedClass: UInt32] = [:]
        for index in rows.indices {
            let (source, name) = (Int(rows[index].source), Int(rows[index].name))
            if sourceNumbers[source] == nil {
                sourceNumbers[source] = UInt32(directory.sources.count)
                directory.sources.append(sources.sources[source].key)
            }
            if nameNumbers[name] == nil {
                nameNumbers[name] = UInt32(directory.names.count)
                directory.names.append(names.names[name])
            }
            rows[index].source = sourceNumbers[source] ?? 0
            rows[index].name = nameNumbers[name] ?? 0
            let item = SealedClass(
                source: rows[index].source,
                name: rows[index].name,
                hasError: rows[index].hasError
            )
            if let number = classes[item] {
                // From here on the row is of a class; the class knows the name.
                rows[index].name = number
            } else {
                let number = UInt32(directory.classes.count)
                classes[item] = number
                directory.classes.append(item)
                rows[index].name = number
            }
        }
        return directory
    }

    /// Numbers shapes in the order of the rows.
    private mutating func shape(_ directory: inout SealedDirectory) -> BlockCodec.Context {
        var numbers: [Int: Int] = [:]
        var order: [Int] = []
        var sourceOfShape: [UInt32] = []
        for index in rows.indices where rows[index].shape >= 0 {
            let shape = rows[index].shape
            if let number = numbers[shape] {
                rows[index].shape = number
            } else {
                numbers[shape] = order.count
                rows[index].shape = order.count
                order.append(shape)
                sourceOfShape.append(rows[index].source)
            }
        }
        let shapes = shaper.shapes(order, in: memory, &directory.columns)
        directory.shapes = shapes.enumerated().map { number, item in
            SpanShape(source: sourceOfShape[number], pieces: item.0.pieces)
        }
        return BlockCodec.Context(
            memory: memory,
            values: shaper.values,
            slots: shapes.map(\.slots),
            shapes: directory.shapes,
            columns: directory.columns
        )
    }

    private func writeColumns(_ range: Range<Int>, _ block: inout SealedBlock, classWidth: Int, to scan: inout [UInt8])
    {
        let begin = scan.count
        block.scanOffset = UInt64(begin)
        for row in rows[range] {
            block.minimumStart = min(block.minimumStart, row.start)
            block.maximumStart = max(block.maximumStart, row.start)
            block.maximumDuration = max(block.maximumDuration, row.duration)
            block.maximumWait = max(block.maximumWait, SealedFormat.waitCode(row.wait))
            if row.hasError { block.marks |= 4 }
            if UInt32(exactly: row.duration) == nil { block.marks |= 2 }
            block.insert(class: row.name)
        }
        if block.maximumStart - block.minimumStart > UInt64(UInt32.max) { block.marks |= 1 }
        for row in rows[range] {
            let offset = row.start - block.minimumStart
            if block.startWidth == 8 {
                scan.append(number: offset)
            } else {
                scan.append(number: UInt32(truncatingIfNeeded: offset))
            }
        }
        for row in rows[range] {
            if block.durationWidth == 8 {
                scan.append(number: row.duration)
            } else {
                scan.append(number: UInt32(truncatingIfNeeded: row.duration))
            }
        }
        for row in rows[range] {
            if classWidth == 2 {
                scan.append(number: UInt16(truncatingIfNeeded: row.name))
            } else {
                scan.append(number: row.name)
            }
        }
        for row in rows[range] { scan.append(SealedFormat.waitCode(row.wait)) }
        block.scanChecksum = Zlib.checksum(scan[begin...])
    }

    /// Collects the hashes of attributes in a block, each once, with the block's number.
    private func collect(_ range: Range<Int>, block: Int, _ seen: inout HashSieve, into pairs: inout [UInt64]) {
        seen.clear()
        var lastSource: UInt32?
        for row in rows[range] {
            for hash in attributes[row.attributes] where seen.insert(hash) {
                pairs.append(UInt64(hash) << 32 | UInt64(block))
            }
            guard row.source != lastSource else { continue }
            lastSource = row.source
        }
    }

    /// Pairs in order, with one for each hash that is in more than an eighth of the blocks.
    private static func withoutCommon(_ pairs: [UInt64], blockCount: Int) -> [UInt64] {
        let sorted = pairs.sorted()
        let limit = max(8, blockCount / 8)
        var listed: [UInt64] = []
        listed.reserveCapacity(sorted.count)
        var first = 0
        while first < sorted.count {
            var end = first + 1
            let hash = sorted[first] >> 32
            while end < sorted.count, sorted[end] >> 32 == hash { end += 1 }
            if end - first > limit {
                listed.append(hash << 32 | UInt64(SealedFormat.everyBlock))
            } else {
                listed += sorted[first..<end]
            }
            first = end
        }
        return listed
    }

    private func writeTraces(_ directory: inout SealedDirectory, to file: inout [UInt8]) {
        directory.filter = TraceFilter(count: traces.count)
        var first: UInt32 = 0
        var sorted: [TraceRow] = []
        sorted.reserveCapacity(traces.count)
        for trace in traces {
            sorted.append(TraceRow(id: trace.id, firstRow: first, count: trace.count, summary: trace.summary))
            first += trace.count
        }
        sorted.sort { $0.id.isBefore($1.id) }
        for first in stride(from: 0, to: sorted.count, by: SealedFormat.tracePageCount) {
            let page = sorted[first..<min(first + SealedFormat.tracePageCount, sorted.count)]
            let begin = file.count
            for trace in page {
                trace.write(to: &file)
                directory.filter.insert(trace.id)
            }
            directory.tracePages.append(
                TracePage(
                    first: sorted[first].id,
                    offset: UInt64(begin),
                    count: UInt32(page.count),
                    checksum: Zlib.checksum(file[begin...])
                )
            )
        }
    }

    private func writeLinks(_ directory: inout SealedDirectory, to file: inout [UInt8]) {
        var pairs: [UInt64] = []
        pairs.reserveCapacity(links.count)
        for (index, row) in rows.enumerated() {
            for link in links[row.links] {
                pairs.append(UInt64(link.hash) << 32 | UInt64(index) << 1 | (link.joins ? 1 : 0))
            }
        }
        pairs.sort()
        var distinct: [UInt64] = []
        distinct.reserveCapacity(pairs.count)
        for pair in pairs where pair != distinct.last { distinct.append(pair) }
        directory.links.offset = UInt64(file.count)
        directory.links.table = PostingTable.write(distinct, to: &file)
    }
}

/// The hashes that have been seen since it was cleared; of a fixed size, so it may take one for new that is not.
struct HashSieve {
    private var slots = [(hash: UInt32, round: UInt32)](repeating: (0, 0), count: 1 << 14)
    private var round: UInt32 = 0

    mutating func clear() { round &+= 1 }

    /// Whether a hash is new.
    mutating func insert(_ hash: UInt32) -> Bool {
        var slot = Int((hash &* 0x9e37_79b1) >> 18)
        for _ in 0..<16 {
            if slots[slot].round != round {
                slots[slot] = (hash, round)
                return true
            }
            if slots[slot].hash == hash { return false }
            slot = (slot + 1) & (1 << 14 - 1)
        }
        return true
    }
}
