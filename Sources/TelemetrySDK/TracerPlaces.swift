// SPDX-License-Identifier: Apache-2.0

import TelemetryAPI

/// References to a tracer's core, one for each of several threads.
///
/// Were all spans counted at the core, it would go from processor to processor with every span.
final class TracerPlaces: Sendable {
    private static var count: Int { 16 }

    let core: TracerCore
    private let takers: [MessageSpanTaker]

    init(_ core: TracerCore) {
        self.core = core
        takers = (0..<Self.count).map { _ in MessageSpanTaker(core) }
    }

    /// What the thread of this number has.
    @inline(__always)
    subscript(thread: UInt32) -> MessageSpanTaker {
        takers[Int(truncatingIfNeeded: thread) & (Self.count &- 1)]
    }
}
