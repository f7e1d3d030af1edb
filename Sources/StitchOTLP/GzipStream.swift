// SPDX-License-Identifier: Apache-2.0

import CStitchZlib

/// Owns one compressing stream of zlib, which must stay where it is in memory.
final class GzipStream {
    private let stream: UnsafeMutablePointer<z_stream>

    /// Begins a stream; `nil` when there is no memory for it.
    private init?() {
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // On success the stream owns memory that `deinit` gives back.
        guard cstitch_gzip_begin(stream, Z_DEFAULT_COMPRESSION) == Z_OK else {
            stream.deallocate()
            return nil
        }
        self.stream = stream
    }

    deinit {
        deflateEnd(stream)  // Gives the stream's memory back.
        stream.deallocate()
    }

    /// The bytes in the format of gzip; `nil` when there is no memory for that.
    static func compress(_ bytes: [UInt8]) -> [UInt8]? { GzipStream()?.finish(bytes) }

    private func finish(_ bytes: [UInt8]) -> [UInt8]? {
        guard let size = UInt32(exactly: bytes.count) else { return nil }
        let bound = Int(deflateBound(stream, UInt(bytes.count)))
        guard let room = UInt32(exactly: bound) else { return nil }
        var input = bytes
        var isWhole = false
        let output = [UInt8](unsafeUninitializedCapacity: bound) { output, count in
            input.withUnsafeMutableBufferPointer { input in
                // Both buffers are borrowed for the call.
                stream.pointee.next_in = input.baseAddress
                stream.pointee.avail_in = size
                stream.pointee.next_out = output.baseAddress
                stream.pointee.avail_out = room
                // The bound is enough for the whole in one call.
                isWhole = deflate(stream, Z_FINISH) == Z_STREAM_END
            }
            count = bound - Int(stream.pointee.avail_out)
        }
        return isWhole ? output : nil
    }
}
