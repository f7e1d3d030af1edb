// SPDX-License-Identifier: Apache-2.0

import TelemetryData

/// Tells the time so that within one process no span seems to end before it began: the system's time when the clock was
/// made, moved on by a clock that never goes back.
struct SpanClock: Sendable {
    private let base = Timestamp.now
    private let start = ContinuousClock.now

    var now: Timestamp { base.advanced(by: ContinuousClock.now - start) }
}
