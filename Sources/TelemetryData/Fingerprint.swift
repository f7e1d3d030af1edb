// SPDX-License-Identifier: Apache-2.0

/// A hash of bytes, eight at a time.
///
/// It is no secret: whoever makes them collide wins nothing but a slower way.
enum Fingerprint {
    /// The hash of these bytes.
    @inline(__always)
    static func of(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        let count = bytes.count
        var hash = UInt64(truncatingIfNeeded: count) &* 0x9e37_79b9_7f4a_7c15
        guard let start = bytes.baseAddress else { return finish(hash) }
        guard count >= 8 else { return finish(mix(hash, word(start, count))) }
        var offset = 0
        while offset &+ 8 < count {
            hash = mix(hash, (start + offset).loadUnaligned(as: UInt64.self))
            offset &+= 8
        }
        // The last eight bytes may overlap those before, which does no harm.
        return finish(mix(hash, (start + (count &- 8)).loadUnaligned(as: UInt64.self)))
    }

    /// Fewer than eight bytes as a number, which tells them from all others of the same count.
    @inline(__always)
    static func word(_ bytes: UnsafeRawPointer, _ count: Int) -> UInt64 {
        if count >= 4 {
            let first = bytes.loadUnaligned(as: UInt32.self)
            let last = bytes.loadUnaligned(fromByteOffset: count &- 4, as: UInt32.self)
            return UInt64(first) | UInt64(last) << 32
        }
        guard count > 0 else { return 0 }
        let first = bytes.load(as: UInt8.self)
        let middle = bytes.load(fromByteOffset: count >> 1, as: UInt8.self)
        let last = bytes.load(fromByteOffset: count &- 1, as: UInt8.self)
        return UInt64(first) | UInt64(middle) << 8 | UInt64(last) << 16
    }

    @inline(__always)
    private static func mix(_ hash: UInt64, _ word: UInt64) -> UInt64 {
        let mixed = (hash ^ word) &* 0x9fb2_1c65_1e98_df25
        return mixed ^ mixed >> 32
    }

    @inline(__always)
    private static func finish(_ hash: UInt64) -> UInt64 {
        (hash ^ hash >> 29) &* 0xbf58_476d_1ce4_e5b9
    }
}
