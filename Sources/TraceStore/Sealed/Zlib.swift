// SPDX-License-Identifier: Apache-2.0

import CStitchZlib

/// zlib's checksum and compression, of memory that is ours.
enum Zlib {
    /// The CRC-32 of bytes.
    static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        guard let start = bytes.baseAddress else { return 0 }
        return UInt32(
            truncatingIfNeeded: crc32_z(0, start.assumingMemoryBound(to: UInt8.self), bytes.count)
        )
    }

    /// The CRC-32 of bytes.
    static func checksum(_ bytes: some Collection<UInt8>) -> UInt32 {
        bytes.withContiguousStorageIfAvailable { checksum(UnsafeRawBufferPointer($0)) } ?? checksum(Array(bytes))
    }

    private static func checksum(_ bytes: [UInt8]) -> UInt32 { bytes.withUnsafeBytes { checksum($0) } }

    /// Bytes made smaller.
    static func compress(_ bytes: [UInt8], level: Int32) throws(DamagedBytes) -> [UInt8] {
        var code = Z_OK
        let bound = compressBound(UInt(bytes.count))
        let compressed = [UInt8](unsafeUninitializedCapacity: Int(bound)) { memory, used in
            var length = bound
            code = compress2(memory.baseAddress, &length, bytes, UInt(bytes.count), level)
            used = code == Z_OK ? Int(length) : 0
        }
        guard code == Z_OK else { throw DamagedBytes() }
        return compressed
    }

    /// The first bytes, made as large as they were.
    static func decompress(_ bytes: UnsafeRawBufferPointer, prefix count: Int) throws(DamagedBytes) -> [UInt8] {
        var code = Z_OK
        let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        let decompressed = [UInt8](unsafeUninitializedCapacity: count) { memory, used in
            var length = UInt(count)
            // Without room for the rest it fails, and leaves what there is room for.
            code = uncompress(memory.baseAddress, &length, start, UInt(bytes.count))
            used = code == Z_OK || code == Z_BUF_ERROR ? Int(length) : 0
        }
        guard decompressed.count == count else { throw DamagedBytes() }
        return decompressed
    }

    /// Bytes made as large as they were.
    static func decompress(_ bytes: UnsafeRawBufferPointer, count: Int) throws(DamagedBytes) -> [UInt8] {
        // zlib can't make more than a thousand bytes of one, whatever a damaged file says.
        guard count >= 0, count <= (bytes.count + 1) * 1_100 else { throw DamagedBytes() }
        var code = Z_OK
        let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        let decompressed = [UInt8](unsafeUninitializedCapacity: count) { memory, used in
            var length = UInt(count)
            code = uncompress(memory.baseAddress, &length, start, UInt(bytes.count))
            used = code == Z_OK ? Int(length) : 0
        }
        guard code == Z_OK, decompressed.count == count else { throw DamagedBytes() }
        return decompressed
    }
}
