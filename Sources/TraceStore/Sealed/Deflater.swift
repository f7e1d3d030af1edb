// SPDX-License-Identifier: Apache-2.0

import CStitchZlib

/// Owns a compressing stream of zlib, which is used again and again and must stay where it is in memory.
final class Deflater {
    private let stream: UnsafeMutablePointer<z_stream>

    /// Begins a stream.
    init(level: Int32) throws(DamagedBytes) {
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // On success the stream owns memory that `deinit` gives back.
        guard
            deflateInit_(stream, level, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
        else {
            stream.deallocate()
            throw DamagedBytes()
        }
        self.stream = stream
    }

    deinit {
        deflateEnd(stream)  // Gives the stream's memory back.
        stream.deallocate()
    }

    /// Adds bytes made smaller.
    func compress(_ bytes: [UInt8], to output: inout [UInt8]) throws(DamagedBytes) {
        guard deflateReset(stream) == Z_OK, let size = UInt32(exactly: bytes.count),
            let room = UInt32(exactly: deflateBound(stream, UInt(bytes.count)))
        else { throw DamagedBytes() }
        var input = bytes
        var isWhole = false
        let start = output.count
        output.append(contentsOf: repeatElement(0, count: Int(room)))
        let left = output.withUnsafeMutableBufferPointer { output in
            input.withUnsafeMutableBufferPointer { input in
                // Both buffers are borrowed for the call.
                stream.pointee.next_in = input.baseAddress
                stream.pointee.avail_in = size
                stream.pointee.next_out = output.baseAddress.map { $0 + start }
                stream.pointee.avail_out = room
                // The bound is enough for the whole in one call.
                isWhole = deflate(stream, Z_FINISH) == Z_STREAM_END
                return Int(stream.pointee.avail_out)
            }
        }
        guard isWhole else { throw DamagedBytes() }
        output.removeLast(left)
    }
}
