// SPDX-License-Identifier: Apache-2.0

public import TelemetryData
public import TraceContext

/// What a span has beside its id, where that is more than a few bits: its context, and whoever records it.
///
/// One object for both spares the tracers of this package an allocation.
@usableFromInline
package protocol SpanKeeping: AnyObject, Sendable {
    /// The span's context.
    var context: SpanContext { get }

    /// The trace that the span belongs to.
    var traceID: TraceID { get }

    /// Records the span; `nil` when nobody does.
    var recorder: (any SpanRecording)? { get }

    /// Ends the span, if anybody records it. Only the first call counts.
    func end(at time: Timestamp?)
}

/// The context of a span that a foreign tracer records, or nobody.
final class SpanKeeper: SpanKeeping {
    let context: SpanContext
    let recorder: (any SpanRecording)?

    init(_ context: SpanContext, _ recorder: (any SpanRecording)?) {
        self.context = context
        self.recorder = recorder
    }

    var traceID: TraceID { context.traceID }

    func end(at time: Timestamp?) { recorder?.end(at: time) }
}
