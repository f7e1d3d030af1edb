// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Cuts bytes that come piece by piece into lines; each byte is looked at once, however long a line is.
struct LineBuffer {
    private var bytes: [UInt8] = []
    /// Where the next line begins.
    private var start = 0
    /// Up to where there is no end of it.
    private var searched = 0

    mutating func append(_ more: [UInt8]) {
        bytes.removeSubrange(..<start)
        searched -= start
        start = 0
        bytes += more
    }

    /// The next whole line, without its end.
    mutating func next() -> ArraySlice<UInt8>? {
        let end = bytes.withUnsafeBytes { bytes -> Int? in
            guard let base = bytes.baseAddress, searched < bytes.count else { return nil }
            let found = memchr(base + searched, 0x0a, bytes.count - searched)
            return found.map { base.distance(to: UnsafeRawPointer($0)) }
        }
        guard let end else {
            searched = bytes.count
            return nil
        }
        defer {
            start = end + 1
            searched = start
        }
        return bytes[start..<end]
    }

    /// What stands behind the last whole line.
    var rest: ArraySlice<UInt8> { bytes[start...] }
}
