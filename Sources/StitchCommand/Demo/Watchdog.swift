// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Notices when nothing has moved for a while.
final class Watchdog: Sendable {
    static let patience = Duration.seconds(60)

    private let last = Mutex(ContinuousClock.now)

    func moved() { last.withLock { $0 = .now } }

    /// Returns when nothing has moved for so long.
    ///
    /// - Throws: `CancellationError`.
    func run() async throws {
        var deadline = ContinuousClock.now + Self.patience
        while deadline > .now {
            try await ContinuousClock().sleep(until: deadline)
            deadline = last.withLock { $0 } + Self.patience
        }
    }
}
