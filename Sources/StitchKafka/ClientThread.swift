// SPDX-License-Identifier: Apache-2.0

import Foundation
import StitchService

/// The one OS thread of a client: where librdkafka's blocking calls are made, and where the client is destroyed.
///
/// The thread keeps alive what `body` captures, so a client outlives its owner until it is closed. Whoever has to know
/// that it ended awaits a `OneTime` that `body` sets as its last act.
enum ClientThread {
    static func start(_ name: String, _ body: @escaping @Sendable () -> Void) {
        let thread = Thread(block: body)
        thread.name = name
        thread.start()
    }
}

/// Where a client's thread waits for what other threads and tasks do.
///
/// Never used on the cooperative pool to wait.
final class ThreadGate: Sendable {
    private let condition = MonotonicCondition()

    /// Something changed that a waiter may want to see.
    func signal() {
        condition.withLock { condition.broadcast() }
    }

    /// Blocks the calling thread until `isOpen` or until the deadline, both looked at again after every signal.
    func wait(until deadline: () -> ContinuousClock.Instant, _ isOpen: () -> Bool) {
        condition.withLock {
            while !isOpen() {
                let end = deadline()
                guard .now < end else { return }
                _ = condition.wait(until: end)
            }
        }
    }
}
