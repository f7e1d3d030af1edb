// SPDX-License-Identifier: Apache-2.0

import CStitchPlatform
import TelemetryAPI

extension SDKTracer: PlainTracingProvider {
    /// Its places, where children follow their parents and what travels is W3C trace context.
    package var plain: (any PlainTracing)? { core.followsParents && core.usesPlainContext ? places : nil }
}

extension TracerPlaces: PlainTracing {
    func unrecordedChild() -> SpanID {
        starts._withUnsafeGuaranteedRef { $0.add(isSampled: false) }
        return core.spanID
    }

    func recordedChild(saying prepared: Unmanaged<PreparedAttributes>) -> PlainStart? {
        guard core.hasRoom(for: prepared) else { return nil }
        starts._withUnsafeGuaranteedRef { $0.add(isSampled: true) }
        let (start, offset) = clock._withUnsafeGuaranteedRef { $0.start() }
        return PlainStart(
            core.spanID,
            at: start,
            clock: offset.nanoseconds,
            .passUnretained(self[stitch_thread_number()])
        )
    }
}
