// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceContext
import TraceFlow

/// What is asked of the index is asked under its lock, so much at a time that a commit need not wait for long; the spans
/// themselves are read after that.
extension StoreSnapshot.Open {
    /// How many rows are looked at before the writer may go on.
    private static let chunk = 16_384

    /// The number of the partition.
    var number: Int64 { partition.number }

    /// Spans of a trace.
    func records(of trace: TraceID) throws(StoreError) -> [SpanRecord] {
        let found = partition.reading { index in
            index.rows(of: trace, before: rowCount).filter { !isSuperseded($0, index) }.map { index.places[$0] }
        }
        return try partition.records(at: found)
    }

    /// Spans of some rows, those that count.
    func records(_ rows: Range<Int>) throws(StoreError) -> [SpanRecord] {
        let found = partition.reading { index in
            rows.filter { index.isVisible($0, before: rowCount) && !isSuperseded($0, index) }.map { index.places[$0] }
        }
        return try partition.records(at: found)
    }

    /// Links to spans of a trace, one more than a number at the most.
    func links(to trace: TraceID, limit: Int) -> [(target: SpanReference, source: SpanReference)] {
        var found: [(target: SpanReference, source: SpanReference)] = []
        partition.reading { index in
            _ = index.links(to: trace, before: rowCount) { target, source in
                if superseded.isEmpty || !superseded.contains(source) { found.append((target, source)) }
                return found.count <= limit
            }
        }
        return found
    }

    /// Hands over what is known of each trace that has rows, and the traces of each link that joins flows.
    func forEachTrace(
        _ body: (TraceID, TraceSummary) -> Void,
        cause: (_ cause: TraceID, _ effect: TraceID) -> Void
    ) {
        var next = 0
        while partition.reading({ index in
            let end = min(next + Self.chunk / 8, index.traceCount)
            index.forEachTrace(in: next..<end, body)
            index.forEachCause(in: next..<end, cause)
            next = end
            return end < index.traceCount
        }) {}
    }

    /// Traces of a range, in no order.
    func traces(in range: TraceRange) -> [TraceID] {
        var found: [TraceID] = []
        var next = 0
        while partition.reading({ index in
            let end = min(next + Self.chunk, index.traceCount)
            for trace in next..<end where range.contains(index.traceID(trace)) {
                let id = index.traceID(trace)
                let rows = index.rows(of: id, before: rowCount)
                if rows.contains(where: { !isSuperseded($0, index) }) { found.append(id) }
            }
            next = end
            return end < index.traceCount
        }) {}
        return found
    }

    private func isSuperseded(_ row: Int, _ index: OpenIndex) -> Bool {
        !superseded.isEmpty && superseded.contains(index.reference(row))
    }

    /// Offers the rows that meet a query.
    func search(_ plan: SearchPlan, _ found: inout SearchCollector) throws {
        guard let starts = plan.starts, let durations = plan.durations else { return }
        var rows: [NewestRows.Row] = []
        let sources = partition.reading { _ in partition.sources.sources }
        let isWanted = sources.map { plan.mayMatch($0) }
        // What the resource has, all its spans have.
        let hashes = plan.attributes.filter { hash in !sources.contains { plan.has(hash, $0) } }
        let threshold = found.threshold
        for first in stride(from: 0, to: rowCount, by: Self.chunk) {
            partition.reading { index in
                let name = plan.query.name.map { index.number(ofName: $0) }
                if case .some(.none) = name { return }
                func consider(_ row: Int) {
                    let columns = index.columns[row]
                    guard index.isVisible(row, before: rowCount), starts.contains(columns.start),
                        columns.start >= threshold, durations.contains(columns.duration),
                        columns.wait >= plan.minimumWait, name.map({ $0 == columns.name }) ?? true,
                        plan.query.hasError.map({ $0 == columns.hasError }) ?? true
                    else { return }
                    let place = index.places[row]
                    // A source may be newer than the snapshot, but then its rows are.
                    guard Int(place.source) < isWanted.count, isWanted[Int(place.source)], !isSuperseded(row, index)
                    else { return }
                    rows.append(NewestRows.Row(start: columns.start, row: row, place: place))
                }
                let chunk = first..<min(first + Self.chunk, rowCount)
                if let candidates = Self.candidates(hashes, chunk, index) {
                    for row in candidates { consider(row) }
                } else {
                    for row in chunk { consider(row) }
                }
            }
        }
        var newest = NewestRows(rows)
        var decoder = RecordDecoder()
        var accepted = 0
        while let next = newest.popFirst() {
            let (start, place) = (next.start, next.place)
            guard start >= found.threshold else { break }
            if plan.isInexact || plan.isAtCursor(start) {
                guard let span = decoder.span(try partition.record(at: place)), plan.matches(span) else { continue }
            }
            found.add(start) { try partition.record(at: place) }
            accepted += 1
            if accepted.isMultiple(of: 64) { found.settle() }
        }
    }

    /// The rows of some among which those must be that have attributes of these hashes; `nil` for all.
    private static func candidates(_ hashes: [UInt32], _ rows: Range<Int>, _ index: OpenIndex) -> Set<Int>? {
        var candidates: Set<Int>?
        for hash in hashes {
            let found = Set(index.rows(withAttribute: hash, in: rows))
            candidates = candidates.map { $0.intersection(found) } ?? found
        }
        return candidates
    }
}
