// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceContext
import TraceFlow

/// Where the spans of an open partition are, and what a search asks of them; in memory, made anew at each start.
///
/// A row is a copy of a span. Copies that a later one has replaced are hidden: the later one says all that they said.
struct OpenIndex {
    /// Where a span's bytes are.
    struct Place {
        var batch: Int64
        var offset: UInt32
        var count: UInt32
        var source: UInt32
    }

    /// What a search asks of a row.
    struct Columns {
        var start: UInt64
        var duration: Int64
        var wait: Int64
        var spanID: UInt64
        var trace: UInt32
        var name: UInt32
        var hasError: Bool
        /// The row of the copy that has replaced it.
        var hiddenBy = Int32.max
        /// Where its attributes begin.
        var attributes: Int
        /// The row of the same trace before it; -1 for none.
        var previous: Int32

        /// Whether a later copy has replaced it.
        var isHidden: Bool { hiddenBy != .max }
    }

    private struct Trace {
        var id: TraceID
        var lastRow: Int32 = -1
        var lastLink: Int32 = -1
        var summary = TraceSummary()
    }

    private struct Link {
        var target: UInt64
        var source: Int32
        var previous: Int32
        var joins: Bool
    }

    private(set) var places: [Place] = []
    private(set) var columns: [Columns] = []
    private(set) var attributes: [UInt32] = []
    /// The first start; `nil` if there are no spans.
    var firstStart: UInt64? { columns.lazy.map(\.start).min() }
    private var traces: [Trace] = []
    private var links: [Link] = []
    /// The traces by their ids.
    private var tracePlaces = HashIndex()
    /// The newest rows by trace and span.
    private var newest = HashIndex()
    private let seed = HashIndex.Seed()
    private var names = NameTable()

    /// How many rows are not hidden.
    private(set) var count = 0

    /// The number of a trace, which gets one if it has none yet.
    mutating func number(of trace: TraceID) -> (number: UInt32, isNew: Bool) {
        let hash = seed.hash(trace.high, trace.low)
        if let number = tracePlaces.find(hash, { traces[$0].id == trace }) {
            return (UInt32(truncatingIfNeeded: number), traces[number].lastRow < 0)
        }
        let number = traces.count
        tracePlaces.insert(hash, number)
        traces.append(Trace(id: trace))
        return (UInt32(truncatingIfNeeded: number), true)
    }

    private func known(_ trace: TraceID) -> Int? {
        tracePlaces.find(seed.hash(trace.high, trace.low)) { traces[$0].id == trace }
    }

    /// The row that counts of a span.
    func row(of span: SpanID, in trace: UInt32) -> Int? {
        newest.find(seed.hash(span.bits, UInt64(trace))) {
            columns[$0].spanID == span.bits && columns[$0].trace == trace
        }
    }

    /// The row that counts of a span.
    func row(of span: SpanID, in trace: TraceID) -> Int? {
        known(trace).flatMap { row(of: span, in: UInt32(truncatingIfNeeded: $0)) }
    }

    /// Adds a copy of a span, which hides the row that counted so far.
    mutating func add(_ facts: borrowing SpanFacts, trace: UInt32, at place: Place, hiding before: Int?) {
        let row = Int32(truncatingIfNeeded: columns.count)
        let hash = seed.hash(facts.spanID.bits, UInt64(trace))
        if let before {
            newest.replace(hash, before, with: columns.count)
            columns[before].hiddenBy = row
            count -= 1
        } else {
            newest.insert(hash, columns.count)
        }
        if columns.count == Self.fewRows { reserve() }
        places.append(place)
        columns.append(
            Columns(
                start: facts.start,
                duration: facts.duration,
                wait: facts.wait,
                spanID: facts.spanID.bits,
                trace: trace,
                name: names.number(of: facts.name),
                hasError: facts.hasError,
                attributes: attributes.count,
                previous: traces[Int(trace)].lastRow
            )
        )
        attributes.append(contentsOf: facts.attributes)
        traces[Int(trace)].lastRow = row
        traces[Int(trace)].summary.add(facts)
        count += 1
        for link in facts.links {
            let target = Int(number(of: link.traceID).number)
            links.append(
                Link(
                    target: link.spanID.bits,
                    source: row,
                    previous: traces[target].lastLink,
                    joins: link.joins
                )
            )
            traces[target].lastLink = Int32(truncatingIfNeeded: links.count - 1)
        }
    }

    /// When there are so many rows, there will be many more.
    private static let fewRows = 4_096

    /// Makes room for as many rows as a partition has, so that what is there need not be moved again and again.
    private mutating func reserve() {
        let count = 1 << 18
        places.reserveCapacity(count)
        columns.reserveCapacity(count)
        attributes.reserveCapacity(count * 24)
        links.reserveCapacity(count * 2)
        traces.reserveCapacity(count / 4)
    }

    /// Whether a row was there, and counted, when there were so many.
    func isVisible(_ row: Int, before count: Int) -> Bool {
        row < count && (!columns[row].isHidden || Int(columns[row].hiddenBy) >= count)
    }

    /// How many traces have rows, or links to them.
    var traceCount: Int { traces.count }

    /// The id of a trace.
    func traceID(_ number: Int) -> TraceID { traces[number].id }

    /// The rows of a trace that count, or that did when there were so many.
    func rows(of trace: TraceID, before count: Int = .max) -> [Int] {
        guard let number = known(trace) else { return [] }
        var rows: [Int] = []
        var row = traces[number].lastRow
        while row >= 0 {
            if isVisible(Int(row), before: count) { rows.append(Int(row)) }
            row = columns[Int(row)].previous
        }
        return rows
    }

    /// Hands over links to spans of a trace, until the body has had enough; whether it has.
    func links(
        to trace: TraceID,
        before count: Int = .max,
        _ body: (_ target: SpanReference, _ source: SpanReference) -> Bool
    ) -> Bool {
        guard let number = known(trace) else { return true }
        var next = traces[number].lastLink
        while next >= 0 {
            let link = links[Int(next)]
            if isVisible(Int(link.source), before: count) {
                let target = SpanReference(SpanContext(traceID: trace, spanID: SpanID(bits: link.target)))
                guard body(target, reference(Int(link.source))) else { return false }
            }
            next = link.previous
        }
        return true
    }

    /// The span of a row.
    func reference(_ row: Int) -> SpanReference {
        SpanReference(SpanContext(traceID: trace(of: row), spanID: SpanID(bits: columns[row].spanID)))
    }

    /// The trace of a row.
    func trace(of row: Int) -> TraceID { traces[Int(columns[row].trace)].id }

    /// Hands over what is known of each trace that has rows.
    func forEachTrace(in range: Range<Int>, _ body: (TraceID, TraceSummary) -> Void) {
        for trace in traces[range] where trace.lastRow >= 0 { body(trace.id, trace.summary) }
    }

    /// Hands over the traces of each link that joins flows.
    func forEachCause(in range: Range<Int>, _ body: (_ cause: TraceID, _ effect: TraceID) -> Void) {
        for trace in traces[range] {
            var next = trace.lastLink
            while next >= 0 {
                let link = links[Int(next)]
                if link.joins { body(trace.id, self.trace(of: Int(link.source))) }
                next = link.previous
            }
        }
    }

    /// The number of a name; `nil` if no row has it.
    func number(ofName name: String) -> UInt32? { names.known(name) }

    /// The rows that have this hash among those of their attributes; one may come twice.
    func rows(withAttribute hash: UInt32, in rows: Range<Int>) -> [Int] {
        guard let first = rows.first else { return [] }
        var found: [Int] = []
        var row = first
        let end = rows.upperBound < columns.count ? columns[rows.upperBound].attributes : attributes.count
        attributes.withUnsafeBufferPointer { attributes in
            for index in columns[first].attributes..<end where attributes[index] == hash {
                // Rows and their attributes are in the same order; a row without any begins where the next does.
                row = self.row(ofAttribute: index, from: row)
                found.append(row)
            }
        }
        return found
    }

    private func row(ofAttribute index: Int, from row: Int) -> Int {
        var (low, high) = (row, columns.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if columns[middle].attributes <= index { low = middle } else { high = middle }
        }
        return low
    }
}
