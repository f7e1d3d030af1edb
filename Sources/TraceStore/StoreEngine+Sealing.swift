// SPDX-License-Identifier: Apache-2.0

import StitchService
import Synchronization
import TelemetryData
import TraceFlow

extension StoreEngine {
    /// Begins to seal the oldest open partition.
    func startSealing() throws {
        guard sealing == nil, partitions.open.count > 1, let oldest = partitions.open.first else { return }
        let places = oldest.index.places.indices.filter { row in
            !oldest.index.columns[row].isHidden && !oldest.superseded.contains(oldest.index.reference(row))
        }.map { oldest.index.places[$0] }
        guard !places.isEmpty else {
            try discard(oldest)
            return try startSealing()
        }
        sealing = SealingTask(
            Sealer(
                directory: directory,
                number: oldest.number,
                durability: configuration.durability,
                sources: oldest.sources.sources.map(\.key),
                places: places
            ),
            without: oldest.superseded,
            caches,
            done: sealed
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
        let result = task.wait()
        guard let open = partitions.open.first(where: { $0.number == task.number }) else { return }
        let name = StoreDirectory.openName(open.number)
        do {
            if let sealed = try result?.get() { try replace(open, with: sealed, task.superseded) }
            hasSealingFailed = false
        } catch is Sealer.DamagedOpenFile {
            // As at a start; those behind it are still to be sealed.
            leaveOut(open.number, name)
            showReplaced()
        } catch {
            // The open file is still what counts; it is sealed at the next start, or by the next sealing.
            hasSealingFailed = true
            directory.remove(StoreDirectory.sealedName(open.number, generation: 0))
            tell("could not seal \(name); it is read as it is", error)
        }
    }

    /// Shows again what nothing that is there has replaced.
    private func showReplaced() {
        let replaced = Dictionary(grouping: partitions.open.flatMap(\.supersedes), by: \.partition)
        for sealed in partitions.sealed {
            // What is hidden too long is found again at the next start.
            guard let rows = try? manifest.superseded(of: sealed.number) else { continue }
            sealed.superseded = rows.union((replaced[sealed.number] ?? []).map(\.row))
        }
    }

    /// Goes on once a sealing is done: puts its file in place, and begins the next.
    func continueSealing() {
        guard sealing?.isDone == true, let number = sealing?.number else { return }
        finishSealing()
        // What failed would fail again.
        if partitions.open.first?.number == number { return }
        do {
            try startSealing()
        } catch {
            tell("could not begin to seal; it is tried again with the next file", error)
        }
    }

    /// Resumes those who wait for partitions that are sealed by now, or can't be.
    func resumeSealingWaiters() {
        if sealingWaiters.isEmpty { return }
        let first = sealing?.number ?? .max
        for waiter in sealingWaiters where waiter.number <= first { waiter.resume() }
        sealingWaiters.removeAll { $0.number <= first }
    }

    /// Resumes all who wait.
    func resumeAllSealingWaiters() {
        for waiter in sealingWaiters { waiter.resume() }
        sealingWaiters = []
    }

    /// Tells whoever runs the program of what no caller waits for.
    func tell(_ failure: String, _ error: any Error) {
        Diagnostics.log(.error, "\(directory.path): \(failure): \(error)")
    }

    /// What throws here throws before the manifest names the sealed file.
    private func replace(_ open: OpenPartition, with sealed: SealedPartition, _ known: Set<SpanReference>) throws {
        // What was replaced while it was being sealed.
        var replaced: Set<OpenPartition.Superseded> = []
        for reference in open.superseded.subtracting(known) {
            guard let row = try sealed.supersede(reference) else { continue }
            replaced.insert(OpenPartition.Superseded(partition: open.number, row: row))
        }
        var partition = self.known[open.number] ?? Manifest.Partition(number: open.number, state: .open)
        partition.state = .sealed
        let changed = partition
        try manifest.change { () throws(StoreError) in
            try manifest.put(changed)
            try manifest.addSuperseded(open.supersedes)
        }
        self.known[open.number] = changed
        partitions.open.removeAll { $0.number == open.number }
        partitions.insert(sealed)
        for other in partitions.open { other.supersedes.formUnion(replaced) }
        directory.removeDatabase(StoreDirectory.openName(open.number))
    }
}

/// How a sealing ended.
final class SealingOutcome: Sendable {
    private let state = Mutex<Result<SealedPartition, any Error>?>(nil)

    func set(_ result: Result<SealedPartition, any Error>) { state.withLock { $0 = result } }
    var isSet: Bool { state.withLock { $0 != nil } }
    var result: Result<SealedPartition, any Error>? { state.withLock { $0 } }
}
