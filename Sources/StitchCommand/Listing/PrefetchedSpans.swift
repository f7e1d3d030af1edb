// SPDX-License-Identifier: Apache-2.0

import Synchronization
import TelemetryData
import TraceContext
import TraceFlow

/// Spans and links of many traces, read at once rather than trace by trace; whatever is not among them is read as it is
/// asked for.
///
/// It holds a bounded number of spans: what is too many is read again whenever it is asked for. What it holds is as old as
/// its reading.
final class PrefetchedSpans: FlowSource {
    private let source: any FlowSource
    private let state = Mutex(Held())

    private struct Held {
        var spans: [TraceID: [SpanData]] = [:]
        var links: [TraceID: [BackLinks.Link]] = [:]
        var count = 0
        /// Whether there was no room for a trace.
        var isFull = false
    }

    /// How many are held at most; when there are half as many, all are forgotten before the next are read ahead.
    private let mostSpans: Int
    /// Traces that have more links than this between them are asked for as they are needed.
    private static let mostLinks = 20_000
    /// How far links are followed: most flows go over few traces.
    private static let rounds = 4
    /// More traces than this are those of few large flows.
    private static let mostTraces = 2_000

    init(_ source: any FlowSource, mostSpans: Int = 100_000) {
        self.source = source
        self.mostSpans = mostSpans
    }

    /// Reads the spans of some traces, and those of traces that link to them.
    func prefetch(_ traces: [TraceID]) async throws {
        state.withLock { if $0.isFull || $0.count > mostSpans / 2 { $0 = Held() } }
        var next = Set(traces)
        for _ in 0..<Self.rounds {
            let wanted = state.withLock { held in next.filter { held.spans[$0] == nil || held.links[$0] == nil } }
            guard !wanted.isEmpty, wanted.count <= Self.mostTraces else { return }
            let list = Array(wanted)
            let links = try await source.backLinks(to: list, limit: Self.mostLinks)
            let spans = try await source.spans(of: list)
            hold(spans, of: list)
            guard !links.isTruncated, !state.withLock({ $0.isFull }) else { return }
            let grouped = Dictionary(grouping: links.links, by: \.target.traceID)
            state.withLock { held in
                for trace in list { held.links[trace] = grouped[trace] ?? [] }
            }
            next = Set(links.links.map(\.source.traceID))
            for span in spans { next.formUnion(span.causes.map(\.traceID)) }
        }
    }

    private func hold(_ spans: [SpanData], of traces: [TraceID]) {
        let grouped = Dictionary(grouping: spans, by: \.traceID)
        state.withLock { held in
            for trace in traces {
                let count = held.count + (grouped[trace]?.count ?? 0) - (held.spans[trace]?.count ?? 0)
                guard count <= mostSpans else {
                    held.isFull = true
                    continue
                }
                held.count = count
                held.spans[trace] = grouped[trace] ?? []
            }
        }
    }

    func spans(of traces: [TraceID]) async throws -> [SpanData] {
        let (known, rest) = state.withLock { held in
            (traces.flatMap { held.spans[$0] ?? [] }, traces.filter { held.spans[$0] == nil })
        }
        if rest.isEmpty { return known }
        let spans = try await source.spans(of: rest)
        hold(spans, of: rest)
        return known + spans
    }

    func backLinks(to traces: [TraceID], limit: Int) async throws -> BackLinks {
        let known = state.withLock { held in traces.compactMap { held.links[$0] } }
        guard known.count == traces.count else { return try await source.backLinks(to: traces, limit: limit) }
        let links = known.flatMap(\.self)
        return BackLinks(Array(links.prefix(limit)), isTruncated: links.count > limit)
    }
}
