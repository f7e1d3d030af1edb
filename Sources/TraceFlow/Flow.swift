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

    /// The spans that more spans link to than were followed.
    public let hubs: [FlowHub]

    /// What its spans refer to as their cause and what isn't there.
    public let missing: [MissingEnd]

    private let index: HashIndex
    private let seed: HashIndex.Seed

    init(
        origin: SpanData,
        spans: [SpanData],
        isTruncated: Bool = false,
        hubs: [FlowHub] = [],
        missing: [MissingEnd] = []
    ) {
        self.origin = origin
        self.spans = spans
        self.isTruncated = isTruncated
        self.hubs = hubs
        self.missing = missing
        let seed = HashIndex.Seed()
        var index = HashIndex(capacity: spans.count)
        for place in spans.indices {
            let reference = spans[place].reference
            let hash = seed.hash(of: reference)
            if index.find(hash, { spans[$0].reference == reference }) == nil { index.insert(hash, place) }
        }
        (self.index, self.seed) = (index, seed)
    }

    /// Where a span stands among its spans, if it belongs to it.
    func position(of reference: SpanReference) -> Int? {
        index.find(seed.hash(of: reference)) { spans[$0].reference == reference }
    }

    /// Whether a span belongs to it.
    public func contains(_ reference: SpanReference) -> Bool { position(of: reference) != nil }

    /// One of its spans.
    public subscript(reference: SpanReference) -> SpanData? { position(of: reference).map { spans[$0] } }

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
        span.links.filter { position(of: SpanReference($0.context)) != nil }
    }

    /// How many messages of other flows a batch span works on beside those of this one.
    public func companions(of span: SpanData) -> Int {
        guard let count = span.batchCount else { return 0 }
        let own = span.links.count { $0.isCreation && position(of: SpanReference($0.context)) != nil }
        return max(0, count.subtractingReportingOverflow(own).partialValue)
    }

    /// The moment at which its last span ends.
    public var end: Timestamp { spans.lazy.map { max($0.start, $0.end) }.max() ?? origin.end }
}
