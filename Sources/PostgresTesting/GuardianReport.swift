// SPDX-License-Identifier: Apache-2.0

import Foundation

/// What ``GuardianScript`` says before it falls silent.
struct GuardianReport: Sendable, Equatable {
    var folder: String?
    var isReady = false
    var failure: String?

    init(lines: some StringProtocol) {
        for line in lines.split(whereSeparator: \.isNewline) {
            if line.hasPrefix("folder ") { folder = String(line.dropFirst("folder ".count)) }
            if line.hasPrefix("failed ") { failure = String(line.dropFirst("failed ".count)) }
            if line == "ready" { isReady = true }
        }
    }

    /// Reads all that the script writes, until it has closed its output or has exited.
    ///
    /// On a thread of its own: with a channel of libdispatch, the process was seen to crash in libdispatch's thread on Linux.
    static func read(from handle: FileHandle) async -> GuardianReport {
        let text = await withCheckedContinuation { continuation in
            let thread = Thread {
                let data = try? handle.readToEnd()
                continuation.resume(returning: String(decoding: data ?? Data(), as: UTF8.self))
            }
            thread.name = "postgres-guardian"
            thread.start()
        }
        return GuardianReport(lines: text)
    }
}
