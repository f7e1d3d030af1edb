// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// What all services of a demo have counted together.
final class DemoBoard: Sendable {
    private let total = Mutex(DemoCounts())

    var counts: DemoCounts { total.withLock { $0 } }

    /// Takes over what one service has counted; returns what all have.
    func merge(_ counts: DemoCounts) -> DemoCounts {
        total.withLock { total in
            total.merge(counts)
            return total
        }
    }
}
