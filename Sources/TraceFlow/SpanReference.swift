// SPDX-License-Identifier: Apache-2.0

public import TelemetryData
public import TraceContext

/// Names one span among those of all traces.
public struct SpanReference: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Its trace.
    public let traceID: TraceID

    /// Its own id.
    public let spanID: SpanID

    /// The span of that trace and that id.
    public init(traceID: TraceID, spanID: SpanID) {
        self.traceID = traceID
        self.spanID = spanID
    }

    /// The span that a context names.
    public init(_ context: SpanContext) {
        self.init(traceID: context.traceID, spanID: context.spanID)
    }

    /// `trace/span`, in hexadecimal.
    public var description: String { "\(traceID)/\(spanID)" }

    /// Orders by trace, then by span.
    public static func < (a: Self, b: Self) -> Bool {
        (a.traceID.high, a.traceID.low, a.spanID.bits) < (b.traceID.high, b.traceID.low, b.spanID.bits)
    }
}

extension SpanData {
    /// This span's name among those of all traces.
    public var reference: SpanReference { SpanReference(context) }

    /// Its parent's name among those of all traces.
    var parentReference: SpanReference? { parentSpanID.map { SpanReference(traceID: traceID, spanID: $0) } }

    /// Orders by start, then by name, so that the order is the same each time.
    static func isEarlier(_ a: SpanData, _ b: SpanData) -> Bool {
        if a.start != b.start { return a.start < b.start }
        if a.spanID != b.spanID { return a.spanID.bits < b.spanID.bits }
        return a.reference < b.reference
    }
}

extension HashIndex.Seed {
    /// Of a span's ids.
    @inline(__always)
    func hash(of span: SpanReference) -> UInt64 {
        hash(span.traceID.high, span.traceID.low, span.spanID.bits)
    }
}
