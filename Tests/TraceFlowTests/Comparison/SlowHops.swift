// SPDX-License-Identifier: Apache-2.0

import TelemetryData

@testable import TraceFlow

/// Where the spans of a flow are, each found by climbing up to the origin and spelling out the way.
struct SlowHops {
    let flow: Flow

    func path(of span: SpanData) -> [HopPath.Hop] {
        var way: [HopPath.Hop] = []
        var next = span
        while true {
            way.insert(HopPath.Hop(service: next.resource.serviceName, name: next.name), at: 0)
            guard next.spanID != flow.origin.spanID, let cause = cause(of: next) else { return way }
            next = cause
        }
    }

    func cause(of span: SpanData) -> SpanData? {
        flow.spans.first { $0.spanID == span.parentSpanID && $0.traceID == span.traceID }
            ?? span.links.lazy.compactMap { link in
                flow.spans.first { $0.spanID == link.spanID && $0.traceID == link.traceID }
            }.first
    }

    /// The path as it is told of.
    func toldPath(of span: SpanData) -> HopPath {
        let path = path(of: span)
        return HopPath(depth: path.count - 1, hops: path.suffix(HopPath.namedHops))
    }

    /// How long a span's message waited: as it says, or else since the last of what created it had ended.
    func wait(before span: SpanData) -> Int64 {
        if let seconds = span.attributes["stitch.wait"]?.doubleValue { return Int64((seconds * 1e9).rounded()) }
        guard span.name.hasPrefix("process") else { return 0 }
        let linked = flow.spans.filter { other in span.links.contains { $0.spanID == other.spanID } }
        let parent = flow.spans.filter { $0.spanID == span.parentSpanID && $0.name.hasPrefix("send") }
        let ends = (linked.isEmpty ? parent : linked).map(\.end.nanoseconds)
        return ends.max().map { max(0, Int64(span.start.nanoseconds) - Int64($0)) } ?? 0
    }

    /// The spans at each path, in the order of their start.
    var spansByPath: [[HopPath.Hop]: [SpanData]] { Dictionary(grouping: flow.spans) { path(of: $0) } }

    /// How long nothing that a span caused was at work, counted from one end of anything to the next.
    func ownTime(of span: SpanData) -> Int64 {
        let others = flow.spans.filter { $0.spanID != flow.origin.spanID && cause(of: $0)?.spanID == span.spanID }
        let edges = (others.flatMap { [$0.start, $0.end] } + [span.start, span.end])
            .filter { $0 >= span.start && $0 <= span.end }.sorted()
        return zip(edges, edges.dropFirst()).reduce(0) { sum, part in
            let isIdle = !others.contains { $0.start <= part.0 && $0.end >= part.1 }
            return sum + (isIdle ? Int64(part.1.nanoseconds - part.0.nanoseconds) : 0)
        }
    }
}

/// The flows of random systems.
enum RandomFlows {
    static func all(seed: UInt64, origins: Int) -> [Flow] {
        let index = SpanIndex(RandomSystem.spans(seed: seed, origins: origins))
        return index.origins.map { index.flow(from: $0) }
    }
}
