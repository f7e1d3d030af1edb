// SPDX-License-Identifier: Apache-2.0

import TelemetryData

/// Numbers sets of attributes in the order in which they come, from 0.
///
/// Pure.
struct AttributeIndex {
    private struct Slot {
        var hash: UInt64 = 0
        /// The number plus one; 0 of an empty slot.
        var next: Int = 0
    }

    private(set) var sets: ContiguousArray<Attributes> = []

    // Open addressing: a power of two of slots, at most half of them used.
    private var slots = ContiguousArray(repeating: Slot(), count: 16)

    /// The number of a set; `nil` of one that never came.
    func find(_ attributes: Attributes, _ hash: UInt64) -> Int? {
        slots.withUnsafeBufferPointer { slots in
            let mask = slots.count - 1
            var position = Int(truncatingIfNeeded: hash) & mask
            while slots[position].next != 0 {
                if slots[position].hash == hash {
                    let number = slots[position].next - 1
                    if sets[number].isSameSet(as: attributes) { return number }
                }
                position = (position + 1) & mask
            }
            return nil
        }
    }

    /// Numbers a set that never came before.
    mutating func add(_ attributes: Attributes, _ hash: UInt64) -> Int {
        sets.append(attributes)
        if sets.count * 2 > slots.count {
            let used = slots.filter { $0.next != 0 }
            slots = ContiguousArray(repeating: Slot(), count: slots.count * 2)
            for slot in used { insert(slot) }
        }
        insert(Slot(hash: hash, next: sets.count))
        return sets.count - 1
    }

    private mutating func insert(_ slot: Slot) {
        let mask = slots.count - 1
        var position = Int(truncatingIfNeeded: slot.hash) & mask
        while slots[position].next != 0 { position = (position + 1) & mask }
        slots[position] = slot
    }
}
