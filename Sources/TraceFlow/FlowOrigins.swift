// SPDX-License-Identifier: Apache-2.0

public import TelemetryData
import TraceContext

/// The spans that flows begin with, found without joining the flows.
public struct FlowOrigins: Sendable {
    /// The spans, the earliest first.
    public var spans: [SpanData]

    /// How many ways up were left out, because there are too many spans or traces on them.
    public var leftOut: Int

    /// Origins that were found.
    public init(_ spans: [SpanData] = [], leftOut: Int = 0) {
        self.spans = spans
        self.leftOut = leftOut
    }
}

extension FlowSource {
    /// The spans that flows begin with: those that a span, or the spans of a trace, go back to.
    ///
    /// - Parameters:
    ///   - start: What goes back to them; an origin is its own.
    ///   - limits: How far the way up may lead; unless given, all messages of a batch are followed.
    /// - Returns: The origins; none if nothing is there.
    /// - Throws: Why spans can't be read, and `CancellationError`.
    public func origins(
        from start: FlowAssembler.Start,
        limits: FlowLimits = FlowLimits(origins: .max)
    ) async throws -> FlowOrigins {
        var graph = LoadedGraph()
        var walk = OriginWalk(limits: limits)
        graph.load(try await spans(of: start.traceIDs), of: start.traceIDs)
        switch start {
        case .span(let reference): graph.spans.presentNode(reference).map { walk.start(at: $0) }
        case .trace(let trace): for node in graph.spans.nodes(ofTrace: trace) { walk.start(at: node) }
        case .origin(let reference): return FlowOrigins(graph.spans[reference].map { [$0] } ?? [])
        case .origins(let references): return FlowOrigins(references.compactMap { graph.spans[$0] })
        }
        while true {
            try Task.checkCancellation()
            let traces = walk.advance(in: graph).map { graph.spans.traceIDs[$0] }
            if traces.isEmpty { break }
            graph.load(try await spans(of: traces), of: traces)
        }
        return FlowOrigins(walk.origins(in: graph.spans).compactMap { graph.spans.span($0) }, leftOut: walk.leftOut)
    }

    /// The flow that begins with a span, whatever caused that.
    ///
    /// - Parameters:
    ///   - origin: The span.
    ///   - limits: How large the flow may grow.
    ///   - horizon: What is known of why spans may not be there.
    /// - Returns: The flow, or `nil` if the span isn't there.
    /// - Throws: Why spans can't be read, and `CancellationError`.
    public func flow(
        from origin: SpanReference,
        limits: FlowLimits = FlowLimits(),
        horizon: FlowHorizon = FlowHorizon()
    ) async throws -> Flow? {
        try await flows(FlowAssembler(from: .origin(origin), limits: limits, horizon: horizon)).flows.first
    }
}

extension SpanIndex {
    /// Whether anything that is here caused a span and comes before it, so that no flow begins with the span.
    ///
    /// A span that only later ones caused may be the origin of a circle.
    public func hasEarlierCause(_ span: SpanData) -> Bool {
        guard let node = graph.presentNode(span.reference) else { return false }
        return graph.causes(of: node).contains { graph.isPresent($0) && graph.isEarlier($0, node) }
    }
}
