// SPDX-License-Identifier: Apache-2.0

import Dispatch
import StitchService
import TelemetryData
import TraceContext
import TraceFlow

/// What a store on disk does, on one thread.
///
/// Used on ``StoreThread``'s queue alone; that is why it needs no lock. Readers see what it has made from
/// ``PartitionList/snapshot``.
final class StoreEngine {
    let configuration: TraceStoreConfiguration
    let directory: StoreDirectory
    let access: SQLiteDatabase.Access
    /// For what is read of sealed files.
    let caches = SealedCaches()
    let now: @Sendable () -> Timestamp
    let partitions = PartitionList()
    var manifest: Manifest
    /// As of which version of the manifest a reader knows the partitions.
    var manifestVersion: Int64?
    /// The partitions as the manifest knows them.
    var known: [Int64: Manifest.Partition] = [:]
    /// Files that could not be read, and are left out.
    var damagedFiles: [String] = []
    /// The sealing that is under way.
    var sealing: SealingTask?
    /// Whether the last sealing failed, though its open file can be read.
    var hasSealingFailed = false
    /// Told, on another thread, when a sealing is done.
    let sealed: @Sendable () -> Void
    /// Who waits until the partitions before one are sealed, or can't be.
    var sealingWaiters: [(number: Int64, resume: @Sendable () -> Void)] = []
    /// So many partitions may wait for sealing; then commits do too.
    static let maximumOpenCount = 6
    private let lock: StoreLock?

    /// Opens a directory.
    init(
        _ configuration: TraceStoreConfiguration,
        _ access: SQLiteDatabase.Access,
        now: @escaping @Sendable () -> Timestamp,
        sealed: @escaping @Sendable () -> Void = {}
    ) throws {
        self.configuration = configuration
        self.sealed = sealed
        self.access = access
        self.now = now
        directory = StoreDirectory(path: configuration.directory)
        if access == .writing {
            try directory.create()
            lock = try StoreLock(directory)
        } else {
            lock = nil
        }
        manifest = try Self.openManifest(directory, access, now(), &damagedFiles)
        try reload()
    }

    private static func openManifest(
        _ directory: StoreDirectory,
        _ access: SQLiteDatabase.Access,
        _ now: Timestamp,
        _ damagedFiles: inout [String]
    ) throws(StoreError) -> Manifest {
        do {
            return try Manifest(directory.manifest, access)
        } catch  where error.code == .damaged {
            // The directory is its writer's: who only reads makes a manifest of its own, and leaves the file for the next start
            // of the writer.
            let isWriting = access == .writing
            damagedFiles.append(isWriting ? directory.setAside("manifest.db") : "manifest.db")
            let manifest = try Manifest(isWriting ? directory.manifest : ":memory:", .writing)
            try ManifestRebuilding.rebuild(manifest, directory, now: now)
            return manifest
        }
    }

    /// Whether there is something to read, and to write to: not after ``reload()`` has failed.
    var isLoaded: Bool { access == .reading || !partitions.open.isEmpty }

    /// Reads what is there, as at a start.
    ///
    /// If that fails, there are no partitions; it is tried again by the next ``append(_:)``.
    func reload() throws {
        finishSealing()
        clear()
        do {
            try load()
        } catch {
            clear()
            throw error
        }
    }

    private func clear() {
        partitions.open = []
        partitions.sealed = []
        manifestVersion = nil
    }

    private func load() throws {
        known = Dictionary(uniqueKeysWithValues: try manifest.partitions().map { ($0.number, $0) })
        // Beside a writer, a file may be there a moment later, or be gone meanwhile.
        if access == .reading { return try refresh() }
        try removeLeftovers()
        for partition in known.values.sorted(by: { $0.number < $1.number }) {
            switch partition.state {
            case .sealed: openSealed(partition)
            case .open: try openOpen(partition)
            }
        }
        if partitions.open.isEmpty { try startPartition() }
        try startSealing()
    }

    /// Removes files that the manifest doesn't know: what was being written when the process died, or was being removed.
    private func removeLeftovers() throws {
        let names = Set(
            known.values.map { partition in
                switch partition.state {
                case .open: StoreDirectory.openName(partition.number)
                case .sealed: StoreDirectory.sealedName(partition.number, generation: partition.generation)
                }
            }
        )
        for name in try directory.names() where !names.contains(name) {
            if name.hasSuffix(".tmp") || name.hasPrefix("seg-") && name.hasSuffix(".seal") { directory.remove(name) }
            if name.hasPrefix("open-"), name.hasSuffix(".db") { directory.removeDatabase(name) }
        }
    }

    private func openSealed(_ partition: Manifest.Partition) {
        let name = StoreDirectory.sealedName(partition.number, generation: partition.generation)
        do {
            let sealed = try SealedPartition(
                directory.path(name),
                number: partition.number,
                generation: partition.generation,
                caches: caches
            )
            sealed.superseded = try manifest.superseded(of: partition.number)
            partitions.insert(sealed)
        } catch {
            leaveOut(partition.number, name)
        }
    }

    private func openOpen(_ partition: Manifest.Partition) throws {
        let name = StoreDirectory.openName(partition.number)
        let before = partitions.snapshot
        while true {
            do {
                let file = try OpenFile(directory.path(name), access, durability: configuration.durability)
                let open = OpenPartition(partition.number, file, among: partitions)
                try open.load()
                if open.index.count > 0 { open.firstArrival = now() }
                return partitions.open.append(open)
            } catch let damage as DamagedPartition {
                // It is an older file that can't be read, not this one.
                leaveOut(damage)
            } catch let error as StoreError where error.code != .damaged {
                throw error
            } catch {
                // The copies that it has replaced are all that there is of these spans.
                partitions.restore(before)
                return leaveOut(partition.number, name)
            }
        }
    }

    /// Goes on without a file that turned out to be damaged, if it is still there.
    func leaveOut(_ damage: DamagedPartition) {
        let name = StoreDirectory.sealedName(damage.number, generation: damage.generation)
        let isThere = partitions.sealed.contains { $0.number == damage.number && $0.generation == damage.generation }
        if isThere { leaveOut(damage.number, name) }
    }

    /// Goes on without a file that can't be read.
    func leaveOut(_ number: Int64, _ name: String) {
        partitions.sealed.removeAll { $0.number == number }
        partitions.open.removeAll { $0.number == number }
        known[number] = nil
        guard access == .writing else {
            damagedFiles.append(name)
            Diagnostics.log(.error, "\(directory.path): \(name) is damaged; it is left out")
            return
        }
        let aside = directory.setAside(name)
        damagedFiles.append(aside)
        Diagnostics.log(.error, "\(directory.path): \(name) is damaged; it is left out, as \(aside)")
        // If this fails, the file is missing at the next start, which comes to the same.
        try? manifest.change { () throws(StoreError) in try manifest.remove(number) }
    }

    /// Begins a partition.
    func startPartition() throws {
        let number = (known.keys.max() ?? 0) + 1
        let partition = Manifest.Partition(number: number, state: .open, arrival: Int64(clamping: now().nanoseconds))
        try manifest.change { () throws(StoreError) in try manifest.put(partition) }
        known[number] = partition
        try openOpen(partition)
        guard partitions.open.last?.number == number else {
            throw StoreError(.unavailable, "can't make \(StoreDirectory.openName(number)) in \(directory.path)")
        }
    }

    /// Writes batches; when it returns they are committed.
    func append(_ batches: [PreparedBatch]) throws {
        while true {
            do {
                return try write(batches)
            } catch let damage as DamagedPartition {
                // An older file, which has spans of the same traces; one less each time.
                leaveOut(damage)
                try reload()
            }
        }
    }

    private func write(_ batches: [PreparedBatch]) throws {
        guard access == .writing else {
            throw StoreError(.unavailable, "can't write to \(directory.path): it was opened for reading")
        }
        if !isLoaded { try reload() }
        guard let active = partitions.open.last else {
            throw StoreError(.unavailable, "can't write to \(directory.path): none of its files is open")
        }
        do {
            try active.file.begin()
            try active.write(batches)
            try active.file.commit()
        } catch {
            active.file.rollback()
            if error is DamagedPartition { throw error }
            // The index is ahead of the file.
            try reload()
            throw error as? StoreError ?? StoreError(.damaged, "can't write to \(directory.path): \(error)")
        }
        if active.firstArrival == nil, active.index.count > 0 { active.firstArrival = now() }
        if active.index.places.count >= configuration.sealingCount || active.byteCount >= configuration.sealingSize {
            do {
                try seal()
            } catch {
                // What was acknowledged stays so, whatever becomes of the sealing.
                tell("could not begin a new file; the old one grows on", error)
            }
        }
    }

    /// Ends the partition that is written to, and begins another.
    func seal() throws {
        guard let active = partitions.open.last, active.index.count > 0 else { return }
        if partitions.open.count >= Self.maximumOpenCount { try makeRoom() }
        if var partition = known[active.number] {
            partition.arrival = Int64(clamping: now().nanoseconds)
            let changed = partition
            try manifest.change { () throws(StoreError) in try manifest.put(changed) }
            known[active.number] = changed
        }
        try startPartition()
        try startSealing()
    }

    /// Has there be room for another open partition.
    private func makeRoom() throws {
        // Spans come quicker than they can be sealed. What has failed may fail again, and nobody waits for it.
        if !hasSealingFailed { finishSealing() }
        if partitions.open.count < Self.maximumOpenCount { return }
        try startSealing()
        throw StoreError(
            .unavailable,
            "can't begin another file in \(directory.path): \(partitions.open.count) wait for being sealed, which failed"
        )
    }
}

/// A sealing that is under way on another thread.
final class SealingTask: Sendable {
    let number: Int64
    private let queue = DispatchQueue(label: "stitch-store-sealing", qos: .utility)
    private let outcome: SealingOutcome

    /// Spans that had been replaced when it began, and are not in the file.
    let superseded: Set<SpanReference>

    /// Begins.
    ///
    /// - Parameters:
    ///   - sealer: What makes the file.
    ///   - superseded: Spans that are not in it.
    ///   - caches: For what is read of the file.
    ///   - done: Called on another thread when it is done.
    init(
        _ sealer: Sealer,
        without superseded: Set<SpanReference>,
        _ caches: SealedCaches,
        done: @escaping @Sendable () -> Void
    ) {
        number = sealer.number
        self.superseded = superseded
        let outcome = SealingOutcome()
        self.outcome = outcome
        queue.async {
            outcome.set(
                Result {
                    try sealer.seal()
                    let name = StoreDirectory.sealedName(sealer.number, generation: 0)
                    return try SealedPartition(
                        sealer.directory.path(name),
                        number: sealer.number,
                        generation: 0,
                        caches: caches
                    )
                }
            )
            done()
        }
    }

    var isDone: Bool { outcome.isSet }

    /// Waits until it is done, and gives what has become of it.
    ///
    /// Blocks its thread.
    func wait() -> Result<SealedPartition, any Error>? {
        queue.sync {}
        return outcome.result
    }
}
