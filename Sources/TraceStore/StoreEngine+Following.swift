// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceContext
import TraceFlow

extension StoreEngine {
    /// Brings a reader up to what the writer has committed, without the files that turn out to be damaged.
    func refresh() throws {
        while true {
            do {
                return try catchUp()
            } catch let damage as DamagedPartition {
                leaveOut(damage)
            }
        }
    }

    private func catchUp() throws {
        for _ in 0..<20 {
            // Looked at before what it is the version of, so that nothing is missed.
            let version = try manifest.dataVersion()
            if version == manifestVersion { return try loadOpen() }
            let wanted = try manifest.snapshot { try $0.partitions() }
            manifestVersion = version
            do {
                if try adopt(wanted) { return try loadOpen() }
            } catch {
                manifestVersion = nil
                throw error
            }
            manifestVersion = nil
            // A file was replaced between the look at the manifest and the look at the file.
        }
        throw StoreError(.unavailable, "can't read \(directory.path): it changes too quickly")
    }

    /// Reads what the writer has added to open files.
    private func loadOpen() throws {
        do {
            for open in partitions.open { try open.loadChanges() }
        } catch {
            // A part of a commit, and what it hides in older files, must not be seen: all is read anew.
            partitions.open = []
            manifestVersion = nil
            if error is StoreError || error is DamagedPartition { throw error }
            throw StoreError(.damaged, "can't read an open file of \(directory.path): \(error)")
        }
    }

    /// Opens what is new and forgets what is gone; whether all that the manifest names was there.
    private func adopt(_ wanted: [Manifest.Partition]) throws -> Bool {
        let numbers = Set(wanted.map(\.number))
        partitions.sealed.removeAll { !numbers.contains($0.number) }
        partitions.open.removeAll { open in
            !wanted.contains { $0.number == open.number && $0.state == .open }
        }
        var superseded: [Int64: Set<Int>] = [:]
        for partition in wanted where partition.state == .sealed {
            let name = StoreDirectory.sealedName(partition.number, generation: partition.generation)
            if damagedFiles.contains(name) { continue }
            let current = partitions.sealed.first { $0.number == partition.number }
            if current?.generation != partition.generation {
                guard directory.size(name) > 0 else { return false }
                do {
                    partitions.insert(
                        try SealedPartition(
                            directory.path(name),
                            number: partition.number,
                            generation: partition.generation,
                            caches: caches
                        )
                    )
                } catch let error as StoreError where error.code == .unavailable {
                    return false
                } catch {
                    damagedFiles.append(name)
                    continue
                }
            }
            superseded[partition.number] = try manifest.superseded(of: partition.number)
        }
        for partition in partitions.sealed {
            partition.superseded.formUnion(superseded[partition.number] ?? [])
        }
        for partition in wanted where partition.state == .open {
            if !partitions.open.contains(where: { $0.number == partition.number }) {
                let path = directory.path(StoreDirectory.openName(partition.number))
                guard let file = try? OpenFile(path, .reading, durability: configuration.durability), file.isReady
                else {
                    // The manifest names a file a moment before it is made.
                    if partition == wanted.last {
                        manifestVersion = nil
                        continue
                    }
                    return false
                }
                partitions.open.append(OpenPartition(partition.number, file, among: partitions))
                partitions.open.sort { $0.number < $1.number }
            }
        }
        return true
    }
}
