// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// What was read last of files, of bounded size; any number of threads use it.
///
/// Forgets a value at a time, the oldest that nobody has asked for since it was last its turn, so that none who asks waits
/// for much to be given back.
final class ReadCache<Value: Sendable>: Sendable {
    private struct Key: Hashable {
        var file: Int
        var block: Int
    }

    private struct Entry {
        var value: Value
        var size: Int
        var wasAskedFor = false
    }

    private struct State {
        var entries: [Key: Entry] = [:]
        /// The keys in the order in which it is their turn to go, from `first` on.
        var order: [Key] = []
        var first = 0
        var size = 0

        /// Forgets what is next, unless somebody asked for it: then it is its turn again after all others.
        mutating func forget() {
            let key = order[first]
            first += 1
            if first > 1_024, first > order.count / 2 {
                order.removeFirst(first)
                first = 0
            }
            guard let index = entries.index(forKey: key) else { return }
            if entries.values[index].wasAskedFor {
                entries.values[index].wasAskedFor = false
                order.append(key)
            } else {
                size -= entries.remove(at: index).value.size
            }
        }
    }

    private let capacity: Int
    private let state = Mutex(State())

    /// A cache of so many bytes.
    init(capacity: Int) { self.capacity = capacity }

    /// What was read of a block of a file.
    subscript(file: Int, block: Int) -> Value? {
        state.withLock { state in
            guard let index = state.entries.index(forKey: Key(file: file, block: block)) else { return nil }
            state.entries.values[index].wasAskedFor = true
            return state.entries.values[index].value
        }
    }

    /// Adds what was read, and forgets what there is no room for.
    func insert(_ value: Value, _ file: Int, _ block: Int, size: Int) {
        state.withLock { state in
            let key = Key(file: file, block: block)
            guard state.entries[key] == nil else { return }
            state.entries[key] = Entry(value: value, size: size)
            state.order.append(key)
            state.size += size
            while state.size > capacity, state.entries.count > 1 { state.forget() }
        }
    }
}
