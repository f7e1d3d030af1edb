// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceContext
import TraceFlow
import TraceStore

/// Joins flows out of a store.
struct FlowReader: Sendable {
    let store: any SpanStore

    /// How many traces are looked at for one flow.
    private static let mostTraces = 10_000

    /// The flows that a span belongs to, one for each origin.
    func flows(of reference: SpanReference) async throws -> [Flow] {
        let index = try await load([reference.traceID])
        guard let span = index[reference] else { return [] }
        return index.origins(of: span).map { index.flow(from: $0, limit: 100_000) }
    }

    /// The flows that any span of a trace belongs to.
    func flows(of trace: TraceID) async throws -> [Flow] {
        let index = try await load([trace])
        var seen: Set<SpanReference> = []
        let spans = try await store.spans(of: [trace])
        let origins = spans.flatMap { index.origins(of: $0) }.filter { seen.insert($0.reference).inserted }
        return origins.map { index.flow(from: $0, limit: 100_000) }
    }

    private func load(_ traces: [TraceID]) async throws -> SpanIndex {
        var seen = Set(traces)
        var needed = traces
        var spans: [SpanData] = []
        while !needed.isEmpty, seen.count < Self.mostTraces {
            let loaded = try await store.spans(of: needed)
            spans += loaded
            var next = loaded.flatMap { span in span.leadsToCauses ? span.links.map(\.traceID) : [] }
            next += try await store.backLinks(to: needed, limit: Self.mostTraces).links.map(\.source.traceID)
            needed = next.filter { seen.insert($0).inserted }
        }
        return SpanIndex(spans)
    }
}

extension SpanData {
    /// Whether its links lead to what caused it: polls and commits have links that join nothing.
    var leadsToCauses: Bool { messagingOperation != .receive && messagingOperation != .settle }

    /// What caused it, whether it is there or not: its parent, and what it links to.
    var causes: [SpanReference] {
        var causes = parent.map { [SpanReference($0)] } ?? []
        if leadsToCauses { causes += links.filter { $0.role != .ambient }.map { SpanReference($0.context) } }
        return causes.filter { $0 != reference }
    }
}
