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
        guard bytes.count <= Self.longest else { return String(protobuf: bytes) }
        let slot = Int(truncatingIfNeeded: fingerprint) & (Self.slotCount - 1)
        let isKnown = slots.withUnsafeBufferPointer { slots in
            guard let slots = slots.inPlace else { return false }
            return Self.isText(slots[slot], bytes)
        }
        if isKnown { return slots[slot] }
        let text = String(protobuf: bytes)
        slots[slot] = text
        return text
    }

    @inline(__always)
    private static func isText(_ text: borrowing InPlace<String>, _ bytes: UnsafeRawBufferPointer) -> Bool {
        text.value.utf8.withContiguousStorageIfAvailable { areEqual(UnsafeRawBufferPointer($0), bytes) } ?? false
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
        let count = bytes.count
        var hash = UInt64(truncatingIfNeeded: count) &* 0x9e37_79b9_7f4a_7c15
        guard count >= 8 else {
            for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x9fb2_1c65_1e98_df25 }
            return finish(hash)
        }
        var offset = 0
        while offset &+ 8 < count {
            hash = mix(hash, bytes, offset)
            offset &+= 8
        }
        // The last eight bytes may overlap those before, which does no harm.
        return finish(mix(hash, bytes, count &- 8))
    }

    @inline(__always)
    private static func mix(_ hash: UInt64, _ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt64 {
        let mixed = (hash ^ bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) &* 0x9fb2_1c65_1e98_df25
        return mixed ^ mixed >> 32
    }

    @inline(__always)
    private static func finish(_ hash: UInt64) -> UInt64 {
        return (hash ^ hash >> 29) &* 0xbf58_476d_1ce4_e5b9
    }
}
