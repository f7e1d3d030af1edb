// SPDX-License-Identifier: Apache-2.0

import TraceFlow

extension HashIndex.Seed {
    /// Of bytes and their number, and of what was hashed before them.
    @inline(__always)
    func hash(_ bytes: UnsafeRawBufferPointer, after first: UInt64 = 0) -> UInt64 {
        let count = bytes.count
        var state = hash(first, UInt64(truncatingIfNeeded: count))
        guard let start = bytes.baseAddress, count > 0 else { return state }
        if count < 4 {
            let (first, middle, last) = (start.byte(0), start.byte(count >> 1), start.byte(count &- 1))
            return mix(state, first | middle << 8 | last << 16)
        }
        if count < 8 { return mix(state, start.half(0) | start.half(count &- 4) << 32) }
        // The last eight bytes may overlap those before them.
        var offset = 0
        while offset < count &- 8 {
            state = mix(state, start.word(offset))
            offset &+= 8
        }
        return mix(state, start.word(count &- 8))
    }
}
