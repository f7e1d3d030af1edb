// SPDX-License-Identifier: Apache-2.0

public import TelemetryData
public import TraceContext

/// What one origin caused, over all traces that it reaches.
public struct Flow: Sendable {
    /// The span that it began with.
    public let origin: SpanData

    /// All its spans, the origin first, in the order of their start.
    public let spans: [SpanData]

    /// Whether spans were left out because there are too many.
    public let isTruncated: Bool

    private let references: Set<SpanReference>

    /// How many spans a flow may have.
    public static let defaultLimit = 10_000

    init(origin: SpanData, spans: [SpanData], isTruncated: Bool) {
        self.origin = origin
        self.spans = spans
        self.isTruncated = isTruncated
        references = Set(spans.map(\.reference))
    }

    /// Whether a span belongs to it.
    public func contains(_ reference: SpanReference) -> Bool { references.contains(reference) }

    /// The traces that it reaches, in the order in which it reaches them.
    public var traceIDs: [TraceID] {
        var seen: Set<TraceID> = []
        return spans.map(\.traceID).filter { seen.insert($0).inserted }
    }

    /// The services that take part, in the order in which they do.
    public var services: [String] {
        var seen: Set<String> = []
        return spans.map(\.resource.serviceName).filter { seen.insert($0).inserted }
    }

    /// The links of a span that lead to spans of this flow.
    public func links(of span: SpanData) -> [SpanLink] {
        span.links.filter { references.contains(SpanReference($0.context)) }
    }

    /// How many messages of other flows a batch span works on beside those of this one.
    public func companions(of span: SpanData) -> Int {
        span.batchCount.map { max(0, $0 - links(of: span).count) } ?? 0
    }

    /// The moment at which its last span ends.
    public var end: Timestamp { spans.map(\.end).max() ?? origin.end }
}
