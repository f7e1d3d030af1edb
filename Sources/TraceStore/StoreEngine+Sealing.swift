// SPDX-License-Identifier: Apache-2.0

import StitchService
import Synchronization
import TelemetryData

extension StoreEngine {
    /// Begins to seal the oldest open partition.
    func startSealing() throws {
        guard sealing == nil, partitions.open.count > 1, let oldest = partitions.open.first else { return }
        let places = oldest.index.places.indices.filter { row in
            !oldest.index.columns[row].isHidden && !oldest.superseded.contains(oldest.index.reference(row))
        }.map { oldest.index.places[$0] }
        guard !places.isEmpty else { return try discard(oldest) }
        sealing = SealingTask(
            Sealer(
                directory: directory,
                number: oldest.number,
                durability: configuration.durability,
                sources: oldest.sources.sources.map(\.key),
                places: places
            )
        )
    }

    /// An open partition of which nothing counts any more.
    private func discard(_ partition: OpenPartition) throws {
        try manifest.change { () throws(StoreError) in
            try manifest.addSuperseded(partition.supersedes)
            try manifest.remove(partition.number)
        }
        known[partition.number] = nil
        partitions.open.removeAll { $0.number == partition.number }
        directory.removeDatabase(StoreDirectory.openName(partition.number))
    }

    /// Waits for the sealing that is under way, and puts the sealed file in the place of the open one.
    func finishSealing() {
        guard let task = sealing else { return }
        sealing = nil
        let failure = task.wait()
        guard let open = partitions.open.first(where: { $0.number == task.number }) else { return }
        do {
            if let failure { throw failure }
            try replace(open)
        } catch {
            // The open file is still what counts; it is sealed at the next start, or by the next sealing.
            directory.remove(StoreDirectory.sealedName(open.number, generation: 0))
            return tell("could not seal \(StoreDirectory.openName(open.number)); it is read as it is", error)
        }
        do {
            try maintain()
        } catch {
            // What can't be dropped now is dropped later; what was sealed stays so.
            tell("could not apply the rules for what is kept; they are applied again later", error)
        }
    }

    /// Tells whoever runs the program of what no caller waits for.
    func tell(_ failure: String, _ error: any Error) {
        Diagnostics.log(.error, "\(directory.path): \(failure): \(error)")
    }

    /// What throws here throws before the manifest names the sealed file.
    private func replace(_ open: OpenPartition) throws {
        let name = StoreDirectory.sealedName(open.number, generation: 0)
        let sealed = try SealedPartition(directory.path(name), number: open.number, generation: 0)
        // What was replaced while it was being sealed.
        var replaced: Set<OpenPartition.Superseded> = []
        for reference in open.superseded {
            guard let row = try sealed.supersede(reference) else { continue }
            replaced.insert(OpenPartition.Superseded(partition: open.number, row: row))
        }
        var partition = known[open.number] ?? Manifest.Partition(number: open.number, state: .open)
        partition.state = .sealed
        let changed = partition
        try manifest.change { () throws(StoreError) in
            try manifest.put(changed)
            try manifest.addSuperseded(open.supersedes)
        }
        known[open.number] = changed
        partitions.open.removeAll { $0.number == open.number }
        partitions.insert(sealed)
        for other in partitions.open { other.supersedes.formUnion(replaced) }
        directory.removeDatabase(StoreDirectory.openName(open.number))
    }
}

/// How a sealing ended.
final class SealingOutcome: Sendable {
    private let state = Mutex<(isSet: Bool, error: (any Error)?)>((false, nil))

    func set(_ error: (any Error)?) { state.withLock { $0 = (true, error) } }
    var isSet: Bool { state.withLock { $0.isSet } }
    var error: (any Error)? { state.withLock { $0.error } }
}
