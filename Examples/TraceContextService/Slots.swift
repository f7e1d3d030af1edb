// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Bounds how many requests are under way.
///
/// Who finds no slot is turned away rather than made to wait: it may be one of our own calls, which those that hold the
/// slots wait for.
final class Slots: Sendable {
    static let count = 32

    private let free = Mutex(Array((0..<count).reversed()))

    func take() -> Int? { free.withLock { $0.popLast() } }

    func giveBack(_ slot: Int) { free.withLock { $0.append(slot) } }
}
