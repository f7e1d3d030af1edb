// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// What was read last of files, of bounded size; shared by all partitions of a store.
final class ReadCache<Value: Sendable>: Sendable {
    private struct Key: Hashable {
        var file: Int
        var block: Int
    }

    private struct State {
        var young: [Key: Value] = [:]
        var old: [Key: Value] = [:]
        var size = 0
    }

    private let capacity: Int
    private let state = Mutex(State())

    /// A cache of so many bytes.
    init(capacity: Int) { self.capacity = capacity }

    /// What was read of a block of a file.
    subscript(file: Int, block: Int) -> Value? {
        state.withLock { state in
            let key = Key(file: file, block: block)
            return state.young[key] ?? state.old[key]
        }
    }

    /// Adds what was read; what was read before the last half of the capacity is forgotten.
    func insert(_ value: Value, _ file: Int, _ block: Int, size: Int) {
        state.withLock { state in
            guard state.young.updateValue(value, forKey: Key(file: file, block: block)) == nil else { return }
            state.size += size
            guard state.size > capacity / 2 else { return }
            state.old = state.young
            (state.young, state.size) = ([:], 0)
        }
    }
}

/// The caches of a store.
final class SealedCaches: Sendable {
    let blocks = ReadCache<SpanBlock>(capacity: 64 << 20)
    let links = ReadCache<LinkTargets>(capacity: 16 << 20)
    let identities: ReadCache<BlockIdentities>
    private let count = Atomic(0)

    /// Caches, of which that of ids holds so many bytes.
    init(identityCapacity: Int = 32 << 20) { identities = ReadCache(capacity: identityCapacity) }

    /// The number of another file.
    func number() -> Int { count.add(1, ordering: .relaxed).newValue }
}
