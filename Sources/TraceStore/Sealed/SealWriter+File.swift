// SPDX-License-Identifier: Apache-2.0

import TraceContext

extension SealWriter {
    /// The file.
    mutating func finish() throws(DamagedBytes) -> [UInt8] {
        sort()
        let memory = memory
        let file = memory.withUnsafeBytes { memory in
            Result { () throws(DamagedBytes) in try finish(memory) }
        }
        return try file.get()
    }

    private mutating func finish(_ memory: UnsafeRawBufferPointer) throws(DamagedBytes) -> [UInt8] {
        var file: [UInt8] = []
        file.reserveCapacity(rows.count * 72)
        file.append(number: SealedFormat.magic)
        var directory = makeDirectory()
        let slots = numberShapes(&directory, memory)
        let targetRows = try writeBlocks(&directory, slots, memory, to: &file)
        writeColumns(&directory, to: &file)
        writeTraces(&directory, to: &file)
        directory.links.offset = UInt64(file.count)
        let links = linkPairs(targetRows)
        directory.links.table = PostingTable.write(links.pairs, codes: links.codes, to: &file)
        directory.linked = Self.filter(links.pairs)
        directory.attributes.offset = UInt64(file.count)
        directory.attributes.table = PostingTable.write(attributePairs(directory), to: &file)
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

    /// The traces that links lead to, which are in the order of their hashes.
    private static func filter(_ links: [UInt64]) -> TraceFilter {
        var hashes: [UInt32] = []
        for hash in links.lazy.map({ UInt32(truncatingIfNeeded: $0 >> 32) }) where hash != hashes.last {
            hashes.append(hash)
        }
        var filter = TraceFilter(count: hashes.count)
        for hash in hashes { filter.insert(linkHash: hash) }
        return filter
    }

    /// Writes the blocks, and gives the row that each link leads to.
    private func writeBlocks(
        _ directory: inout SealedDirectory,
        _ slots: ShapeSlots,
        _ memory: UnsafeRawBufferPointer,
        to file: inout [UInt8]
    ) throws(DamagedBytes) -> [Int32] {
        var writer = try BlockWriter(self, memory, directory, slots)
        for block in directory.blocks.indices {
            let range = directory.rows(ofBlock: block)
            let begin = file.count
            writer.writeIdentities(range, to: &file)
            let middle = file.count
            try writer.writeBody(range, to: &file)
            directory.blocks[block].bodyOffset = UInt64(begin)
            directory.blocks[block].identityLength = UInt32(truncatingIfNeeded: middle - begin)
            directory.blocks[block].identityChecksum = Zlib.checksum(file[begin..<middle])
            directory.blocks[block].bodyLength = UInt32(truncatingIfNeeded: file.count - middle)
            directory.blocks[block].bodyChecksum = Zlib.checksum(file[middle...])
        }
        return writer.targetRows
    }

    private func writeColumns(_ directory: inout SealedDirectory, to file: inout [UInt8]) {
        let classWidth = directory.classWidth
        for number in directory.blocks.indices {
            let range = directory.rows(ofBlock: number)
            let begin = file.count
            var block = directory.blocks[number]
            block.scanOffset = UInt64(begin)
            for row in rows[range] {
                block.minimumStart = min(block.minimumStart, row.start)
                block.maximumStart = max(block.maximumStart, row.start)
                block.maximumDuration = max(block.maximumDuration, row.duration)
                block.maximumWait = max(block.maximumWait, row.wait)
                if row.hasError { block.marks |= 4 }
                if UInt32(exactly: row.duration) == nil { block.marks |= 2 }
                block.insert(class: row.name)
            }
            if block.maximumStart - block.minimumStart > UInt64(UInt32.max) { block.marks |= 1 }
            for row in rows[range] { file.append(number: row.start - block.minimumStart, width: block.startWidth) }
            for row in rows[range] {
                file.append(number: UInt64(bitPattern: row.duration), width: block.durationWidth)
            }
            for row in rows[range] { file.append(number: UInt64(row.name), width: classWidth) }
            for row in rows[range] { file.append(row.wait) }
            block.scanChecksum = Zlib.checksum(file[begin...])
            directory.blocks[number] = block
        }
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
}

extension [UInt8] {
    /// Adds the lowest bytes of a number, the lowest first: two, four or eight.
    @inline(__always)
    mutating func append(number: UInt64, width: Int) {
        switch width {
        case 2: append(number: UInt16(truncatingIfNeeded: number))
        case 4: append(number: UInt32(truncatingIfNeeded: number))
        default: append(number: number)
        }
    }
}
