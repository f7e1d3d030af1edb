// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// What a sequence of records is fed with: the readers of all partitions that are ours.
final class RecordFeed: Sendable {
    private struct State {
        var readers: [PartitionReader] = []
        var isIterated = false
        var hasEnded = false
    }

    /// Tells whoever iterates that something changed.
    let wake = Wake()
    private let state = Mutex(State())

    /// Somebody begins to iterate; `false` if somebody has before.
    func begin() -> Bool {
        state.withLock { state in
            defer { state.isIterated = true }
            return !state.isIterated
        }
    }

    /// The readers now; `nil` when there will be no records any more.
    var readers: [PartitionReader]? { state.withLock { $0.hasEnded ? nil : $0.readers } }

    func add(_ reader: PartitionReader) {
        state.withLock { $0.readers.append(reader) }
        wake.signal()
    }

    func remove(_ readers: [PartitionReader]) {
        state.withLock { state in state.readers.removeAll { reader in readers.contains { $0 === reader } } }
        wake.signal()
    }

    func end() {
        state.withLock { $0.hasEnded = true }
        wake.signal()
    }
}
