// SPDX-License-Identifier: Apache-2.0

public import TelemetryData
import TraceContext

/// Spans of any number of traces, to be found by name, by parent and by what they link to.
///
/// A span that is added twice counts once; the later copy wins.
public struct SpanIndex: Sendable {
    /// The spans by name.
    public private(set) var spans: [SpanReference: SpanData] = [:]
    private var children: [SpanReference: [SpanReference]] = [:]
    private var effects: [SpanReference: [SpanReference]] = [:]
    private var spanCounts: [TraceID: Int] = [:]
    /// Work on messages of which it isn't known what created them.
    private(set) var unexplained: [SpanReference] = []

    /// An index of these spans.
    public init(_ spans: some Sequence<SpanData>) {
        for span in spans { self.spans[span.reference] = span }
        for span in self.spans.values {
            spanCounts[span.traceID, default: 0] += 1
            if span.messagingOperation == .process, span.missingCreationLinks != nil {
                unexplained.append(span.reference)
            }
            if let parent = span.parent { children[SpanReference(parent), default: []].append(span.reference) }
            guard span.linksJoin else { continue }
            for link in span.links where link.isCause {
                effects[SpanReference(link.context), default: []].append(span.reference)
            }
        }
    }

    /// The span of that name.
    public subscript(reference: SpanReference) -> SpanData? { spans[reference] }

    /// How many spans of a trace there are.
    func spanCount(of trace: TraceID) -> Int { spanCounts[trace] ?? 0 }

    /// What was caused by a span: its children, and the spans that link to it.
    func effects(of reference: SpanReference) -> [SpanReference] {
        (children[reference] ?? []) + (effects[reference] ?? [])
    }

    /// What caused a span, as far as it is here: its parent, and what it links to.
    func causes(of span: SpanData) -> [SpanReference] {
        var causes: [SpanReference] = []
        if let parent = span.parent { causes.append(SpanReference(parent)) }
        if span.linksJoin { causes += span.links.filter(\.isCause).map { SpanReference($0.context) } }
        return causes.filter { spans[$0] != nil && $0 != span.reference }
    }

    /// The spans that nothing else here caused, in the order of their start.
    public var origins: [SpanData] {
        spans.values.filter { causes(of: $0).isEmpty && $0.linksJoin }.sorted(by: SpanData.isEarlier)
    }
}

extension SpanData {
    /// Orders by start, then by id, so that the order is the same each time.
    static func isEarlier(_ a: SpanData, _ b: SpanData) -> Bool {
        (a.start, a.spanID.bits) < (b.start, b.spanID.bits)
    }
}
