// SPDX-License-Identifier: Apache-2.0

import TelemetryAPI

/// References to a tracer's core, one for each of several threads.
///
/// Were all spans counted at the core, it would go from processor to processor with every span.
final class TracerPlaces: Sendable {
    private static var count: Int { 16 }

    let core: TracerCore
    private let takers: [MessageSpanTaker]

    // The core's own, which it keeps for good: reached here without counting references to them at each span.
    let clock: Unmanaged<SpanClock>
    let starts: Unmanaged<SpanStarts>

    init(_ core: TracerCore) {
        self.core = core
        clock = .passUnretained(core.clock)
        starts = .passUnretained(core.starts)
        takers = (0..<Self.count).map { _ in MessageSpanTaker(core) }
    }

    /// What the thread of this number has.
    @inline(__always)
    subscript(thread: UInt32) -> MessageSpanTaker {
        takers[Int(truncatingIfNeeded: thread) & (Self.count &- 1)]
    }
}
