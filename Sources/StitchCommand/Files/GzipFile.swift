// SPDX-License-Identifier: Apache-2.0

import CStitchZlib
import Foundation

/// Owns a file that is read as it is or, if it is in the format of gzip, decompressed.
///
/// `@unchecked Sendable`: the file is used on its queue alone, because reading blocks.
final class GzipFile: @unchecked Sendable {
    private let file: gzFile
    private let name: String
    private let queue = DispatchQueue(label: "spans")

    /// How much is read at once.
    static let chunk = 1 << 20

    /// Opens a file, or standard input for `-`.
    init(path: String) throws(CommandError) {
        name = path == "-" ? "standard input" : path
        let descriptor = path == "-" ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw .failure("can't read spans from \(name): \(String(cString: strerror(errno)))")
        }
        // On success the file owns the descriptor; `deinit` closes both.
        guard let file = gzdopen(descriptor, "rb") else {
            close(descriptor)
            throw .failure("can't read spans from \(name): there is no memory for it")
        }
        gzbuffer(file, UInt32(Self.chunk))
        self.file = file
    }

    deinit { gzclose(file) }

    /// The next bytes; none at the end, or where the file is cut short.
    func next() async throws -> [UInt8] {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result { try self.readNext() }) }
        }
    }

    private func readNext() throws(CommandError) -> [UInt8] {
        var read: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: Self.chunk) { buffer, count in
            // The buffer is borrowed for the call.
            read = gzread(file, buffer.baseAddress, UInt32(buffer.count))
            count = max(0, Int(read))
        }
        guard read >= 0 else { throw .failure("can't read spans from \(name): \(reason)") }
        return bytes
    }

    /// Whether the file ended before the end of what is compressed in it; known once there are no bytes any more.
    var isCutShort: Bool { queue.sync { status == Z_BUF_ERROR } }

    private var status: Int32 {
        var code: Int32 = 0
        _ = gzerror(file, &code)
        return code
    }

    private var reason: String {
        var code: Int32 = 0
        // zlib owns the text, until the file is used again.
        guard let text = gzerror(file, &code), code != Z_ERRNO else { return String(cString: strerror(errno)) }
        return String(cString: text)
    }
}
