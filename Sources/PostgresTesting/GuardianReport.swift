// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Foundation
import Synchronization

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

    /// Reads all that the script writes; no thread waits meanwhile.
    static func read(from handle: FileHandle) async -> GuardianReport {
        let queue = DispatchQueue(label: "stitch.postgres.guardian")
        // The channel takes over the descriptor until its clean-up handler runs, which keeps the owner alive.
        let channel = DispatchIO(type: .stream, fileDescriptor: handle.fileDescriptor, queue: queue) { _ in
            withExtendedLifetime(handle) {}
        }
        let text = await withCheckedContinuation { continuation in
            let received = Mutex<[UInt8]>([])
            // Done at the end of the file: the script has closed its output or has exited.
            channel.read(offset: 0, length: .max, queue: queue) { isDone, data, _ in
                received.withLock { $0 += data ?? .empty }
                guard isDone else { return }
                channel.close()
                continuation.resume(returning: received.withLock { String(decoding: $0, as: UTF8.self) })
            }
        }
        return GuardianReport(lines: text)
    }
}
