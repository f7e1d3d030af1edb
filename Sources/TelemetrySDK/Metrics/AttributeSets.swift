// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization
import TelemetryAPI

/// The sets of attributes of an instrument, numbered in the order in which they came, and bounded.
///
/// Asked when a stripe meets a set for the first time, so rarely, and by all stripes: that is where the bound is kept.
///
/// `@unchecked Sendable`: `index` is touched while `lock` is held, or read once `isFull`, when it changes no more.
final class AttributeSets: @unchecked Sendable {
    // A plain pthread mutex; `Mutex` makes threads queue up where there are more of them than processors.
    private let lock = NSLock()
    private let limit: Int
    private let isFull = Atomic(false)
    private var index = AttributeIndex()

    init(limit: Int) {
        self.limit = limit
    }

    /// The number of a set; ``Aggregation/overflow`` of one too many.
    func number(of attributes: Attributes, _ hash: UInt64) -> Aggregation.SetNumber {
        if isFull.load(ordering: .acquiring) { return index.find(attributes, hash) ?? Aggregation.overflow }
        return lock.withLock {
            if let number = index.find(attributes, hash) { return number }
            guard index.sets.count < limit else {
                isFull.store(true, ordering: .releasing)
                return Aggregation.overflow
            }
            return index.add(attributes, hash)
        }
    }

    var all: ContiguousArray<Attributes> { lock.withLock { index.sets } }
}
