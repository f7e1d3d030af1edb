// SPDX-License-Identifier: Apache-2.0

public import TelemetryData
public import TraceContext

/// Names one span among those of all traces.
public struct SpanReference: Sendable, Hashable, CustomStringConvertible {
    /// Its trace.
    public let traceID: TraceID

    /// Its own id.
    public let spanID: SpanID

    /// The span that a context names.
    public init(_ context: SpanContext) {
        traceID = context.traceID
        spanID = context.spanID
    }

    /// `trace/span`, in hexadecimal.
    public var description: String { "\(traceID)/\(spanID)" }
}

extension SpanData {
    /// This span's name among those of all traces.
    public var reference: SpanReference { SpanReference(context) }
}
