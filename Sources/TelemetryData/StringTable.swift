// SPDX-License-Identifier: Apache-2.0

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// The strings that were read last, so that names which come again and again are made once.
///
/// Of a fixed size: what somebody sends can displace names, no more.
struct StringTable {
    private var slots: [String]

    private static let slotCount = 256
    private static let longest = 128

    init() {
        slots = [String](repeating: "", count: Self.slotCount)
    }

    /// The string of these bytes; what is no UTF-8 in them becomes U+FFFD.
    ///
    /// - Parameters:
    ///   - bytes: The bytes.
    ///   - fingerprint: Their ``fingerprint(_:)``.
    /// - Returns: The string, made anew only if another has taken its place since.
    mutating func string(_ bytes: UnsafeRawBufferPointer, fingerprint: UInt64) -> String {
        guard bytes.count <= Self.longest else { return String(decoding: bytes, as: UTF8.self) }
        let slot = Int(truncatingIfNeeded: fingerprint) & (Self.slotCount - 1)
        let isKnown = slots[slot].utf8.withContiguousStorageIfAvailable {
            Self.areEqual(UnsafeRawBufferPointer($0), bytes)
        }
        if isKnown == true { return slots[slot] }
        let text = String(decoding: bytes, as: UTF8.self)
        slots[slot] = text
        return text
    }

    @inline(__always)
    private static func areEqual(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Bool {
        guard a.count == b.count else { return false }
        guard let first = a.baseAddress, let second = b.baseAddress else { return true }
        return memcmp(first, second, a.count) == 0
    }

    /// A hash of bytes, eight at a time.
    ///
    /// It is no secret: whoever makes them collide wins nothing but a slower way.
    @inline(__always)
    static func fingerprint(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var hash = UInt64(truncatingIfNeeded: bytes.count) &* 0x9e37_79b9_7f4a_7c15
        var offset = 0
        while offset &+ 8 <= bytes.count {
            hash = (hash ^ bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) &* 0x9fb2_1c65_1e98_df25
            hash ^= hash >> 32
            offset &+= 8
        }
        while offset < bytes.count {
            hash = (hash ^ UInt64(bytes[offset])) &* 0x9fb2_1c65_1e98_df25
            offset &+= 1
        }
        return (hash ^ hash >> 29) &* 0xbf58_476d_1ce4_e5b9
    }
}
