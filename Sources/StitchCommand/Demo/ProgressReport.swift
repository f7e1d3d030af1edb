// SPDX-License-Identifier: Apache-2.0

import Foundation
import Stitch
import Synchronization

/// Tells the demo how far this service is: a line of JSON on standard output, whenever something was counted and the line
/// before is written.
final class ProgressReport: Service {
    private let counts = Mutex(DemoCounts())
    private let (changes, change) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))

    var name: String { "ProgressReport" }

    func count(_ change: (inout DemoCounts) -> Void) {
        counts.withLock { change(&$0) }
        self.change.yield()
    }

    func run() async throws {
        let encoder = JSONEncoder()
        for await _ in changes {
            let line = try encoder.encode(counts.withLock { $0 }) + Data("\n".utf8)
            StandardOutput.write(String(decoding: line, as: UTF8.self))
        }
    }

    func shutdown() async { change.finish() }
}
