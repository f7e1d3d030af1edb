// SPDX-License-Identifier: Apache-2.0

package import TelemetryData
package import TraceContext

/// A child of the current span for a message of the usual kind, as the numbers that only it has.
package struct PlainChild: ~Copyable, Sendable {
    package let traceID: TraceID
    package let spanID: SpanID
    package let parentID: SpanID
    package let flags: TraceFlags
    package let isParentRemote: Bool

    /// When it began; of no meaning where nobody records it.
    package let start: Timestamp
    let clock: UInt64

    // `nil` where nobody records it. Kept alive by `owner`, or for good.
    let taker: Unmanaged<MessageSpanTaker>?
    private let owner: (any PlainTracing)?

    /// Starts one; `nil`, with nothing done, where the current span or its tracer wants more than that.
    ///
    /// - Parameters:
    ///   - active: What is current.
    ///   - prepared: What it will say of its target.
    package init?(of active: ActiveContext, saying prepared: Unmanaged<PreparedAttributes>) {
        guard let parent = active.plainParent else { return nil }
        let isSampled = parent.flags.contains(.sampled)
        var (id, start, owner): (SpanID?, PlainStart?, (any PlainTracing)?)
        TelemetrySystem.withPlainTracer(in: active) { tracer, isKept in
            guard isSampled else {
                id = tracer.unrecordedChild()
                return
            }
            start = tracer.recordedChild(saying: prepared)
            // Not counted where it need not be: that place would go from processor to processor with every span.
            if !isKept { owner = tracer }
        }
        guard let id = id ?? start?.spanID else { return nil }
        traceID = parent.traceID
        spanID = id
        parentID = parent.spanID
        flags = parent.flags.intersection(.known)
        isParentRemote = parent.isRemote
        self.start = start?.start ?? Timestamp(nanoseconds: 0)
        clock = start?.clock ?? 0
        taker = start?.taker
        self.owner = owner
    }

    /// Whether anybody records it.
    package var isRecording: Bool { taker != nil }

    /// Its context.
    package var context: SpanContext { SpanContext(traceID: traceID, spanID: spanID, flags: flags) }

    /// What travels of it.
    package var traceParent: TraceParent { TraceParent(traceID: traceID, spanID: spanID, flags: flags) }
}
