// SPDX-License-Identifier: Apache-2.0

public import TelemetryData
import TraceContext

/// What spans of a window have to do with, from outside of it: what they refer to, and what was done with their messages.
///
/// Without it, what lies beyond the edge of the window is missed as if it weren't there at all. In the surroundings nothing
/// is found.
public struct LintSurroundings: Sendable {
    /// The spans; those that are looked at may be among them.
    public var spans: [SpanData] = []

    /// How many spans there are of each trace that was asked for.
    var traceSizes: [TraceID: Int] = [:]

    /// The traces of which it isn't known what is there, or what links to them: there were too many.
    var unknownTraces: Set<TraceID> = []

    /// Nothing: the spans that are looked at are all that there are.
    public init() {}

    /// Asks for what spans have to do with and what isn't among them.
    ///
    /// - Parameters:
    ///   - spans: The spans that are to be looked at.
    ///   - source: Where spans are looked up.
    ///   - limit: How many spans are taken at most; what is missing of further traces is not found.
    /// - Throws: Why spans can't be read, and `CancellationError`.
    public init(of spans: [SpanData], in source: any FlowSource, limit: Int = 500_000) async throws {
        var search = SurroundingsSearch(LintGround(SpanTable(spans), FlowLint()), limit: limit)
        try await search.followLinks(in: source)
        try await search.load(from: source)
        self = search.found
    }
}

/// Looks for the surroundings of spans: first for what links to their messages, then for what any refer to.
private struct SurroundingsSearch {
    private(set) var found = LintSurroundings()
    private let limit: Int
    /// Messages of which the window doesn't tell what became.
    private let messages: Set<SpanReference>
    /// Requests that may have been answered behind the window.
    private let requests: Set<SpanReference>
    /// Spans that others refer to.
    private var ends: Set<SpanReference>

    /// How many links are asked for at once, and of how many traces.
    private static let (linksAtOnce, tracesAtOnce) = (20_000, 64)
    /// About how many spans are asked for at once.
    private static let spansAtOnce = 20_000

    init(_ ground: LintGround, limit: Int) {
        self.limit = limit
        let newest = ground.table.spans.last?.start
        var ends: Set<SpanReference> = []
        var messages: Set<SpanReference> = []
        var requests: Set<SpanReference> = []
        for span in ground.table.spans {
            for context in span.links.map(\.context) + [span.parent].compactMap(\.self) {
                let end = SpanReference(context)
                if ground.table[end] == nil { ends.insert(end) }
            }
            switch span.messagingOperation {
            case .create where ground.isUnsent(span): messages.insert(span.reference)
            case .receive: messages.formUnion(ground.idleMessages(of: span, isStrict: true))
            default: break
            }
            if span.kind == .client, let newest, span.end >= newest { requests.insert(span.reference) }
        }
        (self.ends, self.messages, self.requests) = (ends, messages, requests)
    }

    /// Finds what links to messages; where links are too many, it is asked again for fewer traces.
    mutating func followLinks(in source: any FlowSource) async throws {
        var groups = Array(messages.traces.grouped(by: Self.tracesAtOnce).reversed())
        while let group = groups.popLast() {
            try Task.checkCancellation()
            guard ends.count < limit else {
                found.unknownTraces.formUnion(group)
                continue
            }
            let links = try await source.backLinks(to: group, limit: Self.linksAtOnce)
            if !links.isTruncated {
                for link in links.links where messages.contains(link.target) { ends.insert(link.source) }
            } else if group.count > 1 {
                groups += group.grouped(by: (group.count + 1) / 2)
            } else {
                found.unknownTraces.formUnion(group)
            }
        }
    }

    /// Loads what was found, of whole traces what is wanted of them.
    mutating func load(from source: any FlowSource) async throws {
        var rest = (ends.union(requests)).traces[...]
        var (asked, got) = (0, 0)
        while !rest.isEmpty {
            try Task.checkCancellation()
            guard found.spans.count < limit else { return found.unknownTraces.formUnion(rest) }
            // As many traces as were small enough so far.
            let count = asked == 0 ? 8 : min(asked * 2, max(1, asked * Self.spansAtOnce / max(1, got)), 1_000)
            let traces = rest.prefix(count)
            rest = rest.dropFirst(count)
            let spans = try await source.spans(of: Array(traces))
            asked += traces.count
            got += spans.count
            for trace in traces { found.traceSizes[trace] = 0 }
            for span in spans {
                found.traceSizes[span.traceID, default: 0] += 1
                let isAnswer = span.parent.map { requests.contains(SpanReference($0)) } ?? false
                if isAnswer || ends.contains(span.reference) { found.spans.append(span) }
            }
        }
    }
}

extension Set<SpanReference> {
    /// The traces of these spans, in the order of their ids, as a store has them.
    fileprivate var traces: [TraceID] {
        Set<TraceID>(map(\.traceID)).sorted { ($0.high, $0.low) < ($1.high, $1.low) }
    }
}

extension [TraceID] {
    fileprivate func grouped(by size: Int) -> [[TraceID]] {
        stride(from: 0, to: count, by: size).map { Array(self[$0..<Swift.min($0 + size, count)]) }
    }
}
