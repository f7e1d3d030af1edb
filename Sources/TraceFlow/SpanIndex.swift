// SPDX-License-Identifier: Apache-2.0

public import TelemetryData
import TraceContext

/// Spans of any number of traces, to be found by name, by parent and by what they link to.
///
/// A span that is added twice counts once; the later copy wins.
public struct SpanIndex: Sendable {
    let graph: SpanGraph
    /// Work on messages of which it isn't known what created them.
    let unexplained: [SpanReference]

    /// An index of these spans.
    public init(_ spans: some Sequence<SpanData>) {
        var graph = SpanGraph()
        graph.add(spans)
        self.graph = graph
        unexplained = graph.spans.lazy
            .filter { $0.messagingOperation == .process && $0.missingCreationLinks != nil }
            .map(\.reference)
    }

    /// The span of that name.
    public subscript(reference: SpanReference) -> SpanData? { graph[reference] }

    /// All spans, each once.
    public var spans: [SpanData] { graph.spans }

    /// The spans that nothing else here caused, in the order of their start.
    public var origins: [SpanData] {
        graph.spans.filter { span in
            guard span.linksJoin, let node = graph.node(span.reference) else { return false }
            return !graph.causes(of: node).contains { graph.isPresent($0) }
        }.sorted(by: SpanData.isEarlier)
    }

    /// What was caused by a span: its children, and the spans that link to it.
    func effects(of reference: SpanReference) -> [SpanData] {
        guard let node = graph.node(reference) else { return [] }
        return graph.effects(of: node).compactMap { relation, effect in
            relation == .silent || graph.isCut(node, effect, relation) ? nil : graph.span(effect)
        }
    }
}
