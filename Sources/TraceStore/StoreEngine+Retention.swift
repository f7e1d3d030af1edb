// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceContext
import TraceFlow

/// What ``StoreMaintenance`` asks for and puts in place on the store's thread.
extension StoreEngine {
    /// Ends the open partition if spans in it are so old that a rule for old spans waits for them.
    func sealIfOld() throws {
        let ages = [configuration.maximumAge, configuration.retention?.after].compactMap { $0 }
        guard let limit = ages.min(), let first = partitions.open.last?.firstArrival else { return }
        if now().duration(since: first) >= limit { try seal() }
    }

    /// How many bytes the sealed files have.
    var size: Int { partitions.sealed.reduce(0) { $0 + $1.size } }

    /// What is sealed, if it is more than may be and some of it can go.
    func snapshotIfTooLarge() -> StoreSnapshot? {
        guard let maximumSize = configuration.maximumSize, size > maximumSize, partitions.sealed.count > 1 else {
            return nil
        }
        return partitions.snapshot
    }

    /// The sealed partitions to which the rules of retention are to be applied.
    func dueForThinning(_ rules: TraceRetention) -> [Int64] {
        sealed(olderThan: rules.after).map(\.number).filter { known[$0]?.isThinned == false }
    }

    /// Drops partitions that are too old.
    func drop(olderThan age: Duration) throws {
        for partition in sealed(olderThan: age) { try drop(partition) }
    }

    private func sealed(olderThan age: Duration) -> [SealedPartition] {
        partitions.sealed.filter { partition in
            guard let arrival = known[partition.number]?.arrival else { return false }
            return now().duration(since: Timestamp(nanoseconds: UInt64(max(0, arrival)))) >= age
        }
    }

    /// Drops a partition.
    func drop(_ partition: SealedPartition) throws(StoreError) {
        guard partitions.sealed.contains(where: { $0 === partition }) else { return }
        try manifest.change { () throws(StoreError) in try manifest.remove(partition.number) }
        forget(partition)
    }

    private func forget(_ partition: SealedPartition) {
        known[partition.number] = nil
        partitions.sealed.removeAll { $0 === partition }
        forgetRows(of: partition.number)
        directory.remove(StoreDirectory.sealedName(partition.number, generation: partition.generation))
    }

    private func forgetRows(of number: Int64) {
        for open in partitions.open { open.supersedes = open.supersedes.filter { $0.partition != number } }
    }

    /// Puts what was written anew in the place of what it was made of.
    func adopt(_ rewriting: PartitionRewriting) throws {
        let old = rewriting.sources.map(\.partition)
        let name = StoreDirectory.sealedName(rewriting.number, generation: rewriting.generation)
        guard var partition = known[rewriting.number], let last = old.last,
            old.allSatisfy({ old in partitions.sealed.contains { $0 === old } })
        else {
            // One of them was damaged meanwhile.
            if rewriting.result != nil { directory.remove(name) }
            return
        }
        if rewriting.isEmpty {
            for partition in old { try drop(partition) }
            return
        }
        partition.isThinned = rewriting.isThinned ?? partition.isThinned
        guard let new = rewriting.result else {
            let changed = partition
            try manifest.change { () throws(StoreError) in try manifest.put(changed) }
            known[partition.number] = changed
            return
        }
        partition.generation = rewriting.generation
        let changed = partition
        let (held, settled) = try replacedMeanwhile(rewriting, new)
        try manifest.change { () throws(StoreError) in
            try manifest.put(changed)
            // Rows that were replaced before are not in the new file.
            try manifest.forgetSuperseded(of: changed.number)
            try manifest.addSuperseded(settled)
            for other in old.dropLast() { try manifest.remove(other.number) }
        }
        known[changed.number] = changed
        partitions.insert(new)
        forgetRows(of: changed.number)
        for (open, rows) in held { open.supersedes.formUnion(rows) }
        directory.remove(StoreDirectory.sealedName(last.number, generation: last.generation))
        for other in old.dropLast() { forget(other) }
    }

    /// Hides rows of a new file whose spans were replaced while it was written.
    ///
    /// - Returns: The rows by the open partition that has the later copy, and those of which that was sealed meanwhile.
    private func replacedMeanwhile(_ rewriting: PartitionRewriting, _ new: SealedPartition) throws
        -> (held: [(OpenPartition, Set<OpenPartition.Superseded>)], settled: Set<OpenPartition.Superseded>)
    {
        var held: [(OpenPartition, Set<OpenPartition.Superseded>)] = partitions.open.map { ($0, []) }
        var settled: Set<OpenPartition.Superseded> = []
        for source in rewriting.sources {
            let old = source.partition
            for row in old.superseded.subtracting(source.superseded) {
                let reference = try old.ask { try $0.reference(row) }
                guard let newRow = try new.row(of: reference) else { continue }
                new.supersede(row: newRow)
                let replaced = OpenPartition.Superseded(partition: new.number, row: newRow)
                let before = OpenPartition.Superseded(partition: old.number, row: row)
                var isHeld = false
                for place in held.indices where held[place].0.supersedes.contains(before) {
                    held[place].1.insert(replaced)
                    isHeld = true
                }
                if !isHeld { settled.insert(replaced) }
            }
        }
        return (held, settled)
    }
}
