// SPDX-License-Identifier: Apache-2.0

import TelemetryData

/// Makes a manifest of the files that are there, where the old one can't be read.
///
/// What it knew beyond them, which rows of sealed partitions later copies have replaced, is lost: a span that was sealed
/// twice is then found twice by a search. When spans arrived is taken for the time when their file was written.
enum ManifestRebuilding {
    static func rebuild(_ manifest: Manifest, _ directory: StoreDirectory, now: Timestamp) throws(StoreError) {
        var found: [Int64: Manifest.Partition] = [:]
        for name in try directory.names() {
            if let number = number(name, "open-", ".db").flatMap({ Int64($0) }) {
                if found[number] == nil { found[number] = Manifest.Partition(number: number, state: .open) }
            } else if let text = number(name, "seg-", ".seal") {
                let parts = text.split(separator: "-").compactMap { Int64($0) }
                guard parts.count == 2 else { continue }
                if let other = found[parts[0]], other.state == .sealed, other.generation > parts[1] { continue }
                found[parts[0]] = Manifest.Partition(number: parts[0], state: .sealed, generation: parts[1])
            }
        }
        let partitions = found.values.map { partition in
            var partition = partition
            let name =
                partition.state == .open
                ? StoreDirectory.openName(partition.number)
                : StoreDirectory.sealedName(partition.number, generation: partition.generation)
            // Not in the future, where nothing would ever be too old.
            partition.arrival = Int64(clamping: min(directory.modified(name) ?? now, now).nanoseconds)
            return partition
        }
        try manifest.change { () throws(StoreError) in
            for partition in partitions { try manifest.put(partition) }
        }
    }

    private static func number(_ name: String, _ prefix: String, _ suffix: String) -> String? {
        guard name.hasPrefix(prefix), name.hasSuffix(suffix) else { return nil }
        return String(name.dropFirst(prefix.count).dropLast(suffix.count))
    }
}
