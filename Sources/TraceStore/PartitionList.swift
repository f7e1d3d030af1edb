// SPDX-License-Identifier: Apache-2.0

import TraceContext

/// The partitions of a store; used on the store's thread alone.
final class PartitionList {
    /// Those that are sealed, by number.
    var sealed: [SealedPartition] = []
    /// Those that are not, by number, all newer than those that are sealed.
    ///
    /// The last is written to.
    var open: [OpenPartition] = []

    /// The partition of a number.
    subscript(number: Int64) -> (any OlderPartition)? {
        open.first { $0.number == number } ?? sealed.first { $0.number == number }
    }

    /// The partitions before one that have spans of a trace, the newest first.
    ///
    /// - Throws: ``DamagedPartition`` and ``StoreError``.
    func numbers(before number: Int64, having trace: TraceID) throws -> [Int64] {
        var numbers: [Int64] = []
        for partition in open.reversed() where partition.number < number {
            if !partition.index.rows(of: trace).isEmpty { numbers.append(partition.number) }
        }
        for partition in sealed.reversed() where partition.number < number {
            if try partition.ask({ try $0.trace(trace) }) != nil { numbers.append(partition.number) }
        }
        return numbers
    }

    /// All of them as they are now.
    var snapshot: StoreSnapshot {
        StoreSnapshot(
            sealed: sealed.map { StoreSnapshot.Sealed(partition: $0, superseded: $0.superseded) },
            open: open.map { partition in
                StoreSnapshot.Open(
                    partition: partition,
                    rowCount: partition.index.columns.count,
                    superseded: partition.superseded
                )
            }
        )
    }

    /// Shows again what has been hidden since.
    func restore(_ snapshot: StoreSnapshot) {
        for sealed in snapshot.sealed { sealed.partition.superseded = sealed.superseded }
        for open in snapshot.open { open.partition.superseded = open.superseded }
    }

    /// Puts a sealed partition in its place.
    func insert(_ partition: SealedPartition) {
        sealed.removeAll { $0.number == partition.number }
        sealed.append(partition)
        sealed.sort { $0.number < $1.number }
    }
}
