// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceContext
import TraceFlow

/// The spans that start last among those that it is offered.
struct SearchCollector {
    private let limit: Int
    private var found: [(start: UInt64, expect: (() -> Void)?, record: () throws -> SpanRecord)] = []

    private var nextCut: Int

    /// Spans that start before this are too late to be among them.
    private(set) var threshold: UInt64 = 0

    /// For so many spans.
    init(limit: Int) {
        self.limit = limit
        nextCut = limit * 2 + 64
    }

    /// Adds a span.
    ///
    /// - Parameters:
    ///   - start: When it starts.
    ///   - expect: Called before any span is read, so that they are read ahead.
    ///   - record: Reads it.
    mutating func add(
        _ start: UInt64,
        expect: (() -> Void)? = nil,
        _ record: @escaping () throws -> SpanRecord
    ) {
        guard start >= threshold else { return }
        found.append((start, expect, record))
        if found.count >= nextCut { settle() }
    }

    /// Forgets those that are too many, which may raise the threshold.
    mutating func settle() {
        guard found.count > limit else { return }
        found.sort { $0.start > $1.start }
        threshold = found[limit - 1].start
        // What starts together stays until all is there: then the ids decide.
        found.removeAll { $0.start < threshold }
        nextCut = max(limit, found.count) * 2
    }

    /// The spans, in the order of a search.
    func spans() throws -> [SpanData] {
        var decoder = RecordDecoder()
        for item in found { item.expect?() }
        let spans = try found.sorted { $0.start > $1.start }.compactMap { decoder.span(try $0.record()) }
        return Array(spans.sorted { SearchCursor($0).precedes(SearchCursor($1)) }.prefix(limit))
    }
}

/// A query as partitions answer it.
struct SearchPlan {
    let query: SpanQuery
    let cursor: SearchCursor?
    /// The first and the last start that may meet it.
    let starts: ClosedRange<UInt64>?
    let durations: ClosedRange<Int64>?
    let minimumWait: Int64
    /// The hashes of attributes of which each must be there.
    let attributes: [UInt32]

    init(_ query: SpanQuery, after cursor: SearchCursor?) {
        self.query = query
        self.cursor = cursor
        let first = query.from?.nanoseconds ?? 0
        var last = UInt64.max
        var isEmpty = false
        if let to = query.to?.nanoseconds { if to > 0 { last = to - 1 } else { isEmpty = true } }
        if let cursor { last = min(last, cursor.start.nanoseconds) }
        starts = isEmpty || first > last ? nil : first...last
        let shortest = query.minimumDuration?.nanosecondsRoundedUp ?? .min
        let longest = query.maximumDuration?.nanosecondsRoundedDown ?? .max
        durations = shortest > longest ? nil : shortest...longest
        minimumWait = query.minimumWait?.nanosecondsRoundedUp ?? .min
        attributes = query.attributes.map(\.fingerprint)
    }

    /// Whether a span has to be looked at as a whole, for its columns do not say all.
    var isInexact: Bool {
        // Names of other bytes may count as the same in a table of names.
        !attributes.isEmpty || !(query.name ?? "").utf8.allSatisfy { $0 < 0x80 }
            || !(query.service ?? "").utf8.allSatisfy { $0 < 0x80 }
    }

    /// Whether a span meets all conditions and comes after the cursor.
    func matches(_ span: SpanData) -> Bool {
        query.matches(span) && cursor.map { $0.precedes(SearchCursor(span)) } ?? true
    }

    /// Whether a row with this start needs the ids to be looked at.
    func isAtCursor(_ start: UInt64) -> Bool { cursor.map { $0.start.nanoseconds == start } ?? false }

    /// Whether a source has an attribute of this hash.
    func has(_ hash: UInt32, _ source: SpanSource) -> Bool { source.attributes.contains(hash) }

    /// Whether spans of a source may meet the conditions on the service.
    func mayMatch(_ source: SpanSource) -> Bool { query.service.map { source.service == $0 } ?? true }
}

extension Duration {
    /// Whole nanoseconds, rounded down.
    fileprivate var nanosecondsRoundedDown: Int64 {
        let cut = nanoseconds
        guard cut > .min, .nanoseconds(cut) > self else { return cut }
        return cut - 1
    }
}
