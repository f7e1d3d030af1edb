// SPDX-License-Identifier: Apache-2.0

import TraceContext
import TraceFlow

extension SealWriter {
    /// Orders rows by their trace's first start, so that what is of one time and what is of one trace lies together.
    mutating func sort() {
        let starts = traces.map(\.summary.firstStart)
        let order = traces.indices.sorted { a, b in
            starts[a] == starts[b] ? traces[a].id.isBefore(traces[b].id) : starts[a] < starts[b]
        }
        // How many rows there are before those of a trace; then, where the next of it goes.
        var places = [Int](repeating: 0, count: traces.count)
        var ranks = [Int32](repeating: 0, count: traces.count)
        var first = 0
        for (rank, trace) in order.enumerated() {
            ranks[trace] = Int32(truncatingIfNeeded: rank)
            places[trace] = first
            first += Int(traces[trace].count)
        }
        var sorted = [UInt32](repeating: 0, count: rows.count)
        for index in rows.indices {
            let trace = Int(rows[index].trace)
            sorted[places[trace]] = UInt32(truncatingIfNeeded: index)
            places[trace] += 1
        }
        for trace in order {
            let end = places[trace]
            sortRows(&sorted, (end - Int(traces[trace].count))..<end)
        }
        rows = sorted.map { index in
            var row = rows[Int(index)]
            row.trace = ranks[Int(row.trace)]
            return row
        }
        traces = order.map { traces[$0] }
    }

    /// Orders the rows of a trace, which are few, and mostly in order.
    private func sortRows(_ sorted: inout [UInt32], _ range: Range<Int>) {
        func isBefore(_ a: UInt32, _ b: UInt32) -> Bool {
            let (start, other) = (rows[Int(a)].start, rows[Int(b)].start)
            return start == other ? rows[Int(a)].span < rows[Int(b)].span : start < other
        }
        guard range.count <= 32 else { return sorted[range].sort(by: isBefore) }
        for end in range.dropFirst() {
            let row = sorted[end]
            var place = end
            while place > range.lowerBound, isBefore(row, sorted[place - 1]) {
                sorted[place] = sorted[place - 1]
                place -= 1
            }
            sorted[place] = row
        }
    }

    /// Numbers sources, names and classes in the order of the rows.
    mutating func makeDirectory() -> SealedDirectory {
        var directory = SealedDirectory()
        directory.rowCount = rows.count
        directory.blocks = Array(
            repeating: SealedBlock(),
            count: (rows.count + SealedFormat.blockCount - 1) / SealedFormat.blockCount
        )
        var sourceNumbers = [UInt32?](repeating: nil, count: sources.sources.count)
        var nameNumbers = [UInt32?](repeating: nil, count: names.names.count)
        var classes = HashIndex()
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
            let item = SealedClass(
                source: sourceNumbers[source] ?? 0,
                name: nameNumbers[name] ?? 0,
                hasError: rows[index].hasError
            )
            rows[index].source = item.source
            let hash = seed.hash(UInt64(item.source) << 32 | UInt64(item.name), item.hasError ? 1 : 0)
            // From here on the row is of a class; the class knows the name.
            if let number = classes.find(hash, { directory.classes[$0] == item }) {
                rows[index].name = UInt32(truncatingIfNeeded: number)
            } else {
                rows[index].name = UInt32(directory.classes.count)
                classes.insert(hash, directory.classes.count)
                directory.classes.append(item)
            }
        }
        return directory
    }

    /// Numbers shapes in the order of the rows.
    ///
    /// - Returns: Of each shape, and of each of links, which of its values are in which columns.
    mutating func numberShapes(_ directory: inout SealedDirectory, _ memory: UnsafeRawBufferPointer) -> ShapeSlots {
        var slots = ShapeSlots(linkNumbers: [Int32](repeating: -1, count: linkShaper.count))
        var numbers = [Int32](repeating: -1, count: shaper.count)
        for index in rows.indices {
            let shape = Int(rows[index].shape)
            if numbers[shape] < 0 {
                numbers[shape] = Int32(truncatingIfNeeded: directory.shapes.count)
                let source = rows[index].source
                let made = shaper.shape(shape, source: source, tag: 0x4a, in: memory, &directory.columns)
                directory.shapes.append(made.shape)
                slots.spans.append(made.slots)
                slots.hasParent.append(made.shape.hasParent)
            }
            rows[index].shape = numbers[shape]
            for link in rows[index].links.range {
                let shape = Int(links[link].shape)
                guard slots.linkNumbers[shape] < 0 else { continue }
                slots.linkNumbers[shape] = Int32(truncatingIfNeeded: directory.linkShapes.count)
                let made = linkShaper.shape(shape, source: 0, tag: 0x22, in: memory, &directory.linkColumns)
                directory.linkShapes.append(made.shape)
                slots.links.append(made.slots)
            }
        }
        return slots
    }

    /// Finds the rows that links lead to, once the rows are in order.
    func rowIndex() -> HashIndex {
        guard !links.isEmpty else { return HashIndex() }
        var index = HashIndex(capacity: rows.count)
        for (place, row) in rows.enumerated() {
            index.insert(seed.hash(row.span, traces[Int(row.trace)].id.low), place)
        }
        return index
    }

    /// The row of a span, once they are in order.
    @inline(__always)
    func row(of span: UInt64, in trace: TraceID, _ index: HashIndex) -> Int? {
        index.find(seed.hash(span, trace.low)) { rows[$0].span == span && traces[Int(rows[$0].trace)].id == trace }
    }
}

/// Which values of a shape are in which columns, by the number of the shape.
struct ShapeSlots {
    var spans: [[Int]] = []
    var hasParent: [Bool] = []
    var links: [[Int]] = []
    /// The numbers that shapes of links have in the file.
    var linkNumbers: [Int32]
}
