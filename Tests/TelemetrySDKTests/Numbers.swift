// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Numbers that look random and come in the same order each time (SplitMix64).
final class Numbers: Sendable {
    private let state: Mutex<UInt64>

    init(_ seed: UInt64) { state = Mutex(seed) }

    func next() -> UInt64 {
        var number = state.withLock { state in
            state &+= 0x9e37_79b9_7f4a_7c15
            return state
        }
        number = (number ^ number >> 30) &* 0xbf58_476d_1ce4_e5b9
        number = (number ^ number >> 27) &* 0x94d0_49bb_1331_11eb
        return number ^ number >> 31
    }
}
