// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The lines that arrive at a file descriptor, until its end.
///
/// Read by a thread of its own, which ends with the descriptor's other end: a pipe whose writer is gone is noticed in no
/// other way on every system. At most `limit` lines wait; older ones give way to newer, so it is for lines of which the
/// last says it all.
enum LineStream {
    /// Longer lines are no lines of ours.
    private static let longestLine = 1 << 20

    static func lines(of handle: FileHandle, limit: Int = 64) -> AsyncStream<String> {
        let (lines, line) = AsyncStream.makeStream(of: String.self, bufferingPolicy: .bufferingNewest(limit))
        let thread = Thread {
            var rest = Data()
            var chunk = [UInt8](repeating: 0, count: 1 << 16)
            while true {
                let count = read(handle.fileDescriptor, &chunk, chunk.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { break }
                rest.append(contentsOf: chunk.prefix(count))
                while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                    line.yield(String(decoding: rest[..<end], as: UTF8.self))
                    rest.removeSubrange(...end)
                }
                if rest.count > longestLine { rest.removeAll() }
            }
            line.finish()
        }
        thread.name = "lines"
        thread.start()
        return lines
    }
}
