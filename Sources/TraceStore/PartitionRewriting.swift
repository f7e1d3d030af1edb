// SPDX-License-Identifier: Apache-2.0

/// A sealed partition as it is written anew, with some of the rows of one, or of it and the one before it.
struct PartitionRewriting {
    /// What it is made of; the last gives it its number.
    let sources: [StoreSnapshot.Sealed]
    /// Whether retention has been applied to it; `nil` to leave that as it is.
    let isThinned: Bool?
    /// The new file; `nil` if there are no rows.
    private(set) var result: SealedPartition?
    private var writer = SealWriter()
    private var counts: [Int] = []

    var number: Int64 { last.number }
    var generation: Int64 { last.generation + 1 }
    private var last: SealedPartition { sources[sources.count - 1].partition }

    /// Gathers what stays: the traces that are wanted, by the hashes of their ids.
    init(
        _ sources: [StoreSnapshot.Sealed],
        in snapshot: StoreSnapshot,
        isThinned: Bool?,
        _ isWanted: (SealedPartition, UInt32) -> Bool
    ) throws {
        (self.sources, self.isThinned) = (sources, isThinned)
        for source in sources {
            let count = writer.count
            try snapshot.ask(source) { partition in try copy(partition, source.superseded) { isWanted(partition, $0) } }
            counts.append(writer.count - count)
            // Then there is nothing to write anew.
            if writer.count == 0 { return }
        }
    }

    private mutating func copy(
        _ partition: SealedPartition,
        _ superseded: Set<Int>,
        _ isWanted: (UInt32) -> Bool
    ) throws {
        var rows: [Int] = []
        for trace in try partition.traces() where isWanted(trace.id.linkHash) { rows += trace.rows }
        rows.sort()
        let numbers = partition.directory.sources.map { writer.number(of: $0) }
        for row in rows where !superseded.contains(row) {
            let block = try partition.block(row / SealedFormat.blockCount)
            let source = numbers[block.source(row % SealedFormat.blockCount)]
            try partition.record(row).bytes.withUnsafeBytes { try writer.add($0, source: source) }
        }
    }

    /// Whether nothing stays of the first of its sources.
    var lacksFirst: Bool { counts.first == 0 }

    /// Whether it is the one source as that is.
    private var isWhole: Bool { sources.count == 1 && writer.count == last.directory.rowCount }

    /// Writes the file, unless all rows stay or none does.
    mutating func write(to directory: StoreDirectory) throws {
        guard writer.count > 0, !isWhole else { return }
        let name = StoreDirectory.sealedName(number, generation: generation)
        try directory.write(writer.finish(), to: name)
        result = try SealedPartition(
            directory.path(name),
            number: number,
            generation: generation,
            caches: last.caches
        )
        writer = SealWriter()
    }

    /// Whether no row stays.
    var isEmpty: Bool { result == nil && writer.count == 0 }
}
