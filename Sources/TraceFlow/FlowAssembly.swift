// SPDX-License-Identifier: Apache-2.0

public import TelemetryData
public import TraceContext

extension SpanIndex {
    /// The spans that a span goes back to: up from it to its parent, to what created its message and to the attempt
    /// before, until nothing caused it.
    ///
    /// A batch goes back to one for each of its messages.
    public func origins(of span: SpanData) -> [SpanData] {
        guard let node = graph.presentNode(span.reference) else { return [span] }
        let all = FlowLimits(spans: .max, traces: .max, origins: .max)
        var walk = OriginWalk(limits: all)
        walk.start(at: node)
        _ = walk.advance(in: LoadedGraph(complete: graph))
        return walk.origins(in: graph).compactMap { graph.span($0) }
    }

    /// What an origin caused: down from it to children and to spans that link to a span of the flow, and never up
    /// again, so that a batch doesn't bring in the flows of its other messages.
    ///
    /// - Parameters:
    ///   - origin: The span to begin with.
    ///   - limits: How large the flow may grow; more is left out and the flow says so.
    ///   - horizon: What is known of why spans may not be there.
    /// - Returns: The flow, the origin first.
    public func flow(
        from origin: SpanData,
        limits: FlowLimits = FlowLimits(),
        horizon: FlowHorizon = FlowHorizon()
    ) -> Flow {
        var graph = graph
        if graph.presentNode(origin.reference) == nil { graph.add([origin]) }
        guard let node = graph.presentNode(origin.reference) else { return Flow(origin: origin, spans: [origin]) }
        let complete = LoadedGraph(complete: graph)
        var walk = EffectWalk(from: node, limits: limits)
        _ = walk.advance(in: complete)
        return walk.flow(in: complete, horizon: horizon) ?? Flow(origin: origin, spans: [origin])
    }
}

extension SpanIndex: FlowSource {
    /// All spans of these traces, as far as they are there.
    public func spans(of traces: [TraceID]) -> [SpanData] {
        traces.flatMap { graph.nodes(ofTrace: $0).compactMap { graph.span($0) } }
    }

    /// The links to spans of these traces.
    public func backLinks(to traces: [TraceID], limit: Int) -> BackLinks {
        var links: [BackLinks.Link] = []
        for trace in traces {
            for node in graph.namedNodes(ofTrace: trace) {
                for (relation, source) in graph.effects(of: node) where relation != .child {
                    guard links.count < max(1, limit) else { return BackLinks(links, isTruncated: true) }
                    links.append(BackLinks.Link(target: graph.references[node], source: graph.references[source]))
                }
            }
        }
        return BackLinks(links)
    }
}
