// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceFlow

/// How far the reading of a whole store has come.
struct ReadPosition: Sendable {
    /// The partitions that are still to be read, the first of them from `row` on.
    var partitions: ArraySlice<Int64>
    var row = 0
    var isSealed = false
    /// What was read of the first while it was open, should it be sealed before all of it is.
    var seen: Set<SpanReference> = []
}

extension StoreEngine {
    private static var chunk: Int { 1_024 }

    /// Where the reading of the whole store begins.
    func firstPosition() throws -> ReadPosition {
        if access == .reading { try refresh() }
        let numbers = (partitions.sealed.map(\.number) + partitions.open.map(\.number)).sorted()
        return ReadPosition(partitions: numbers[...])
    }

    /// Spans from a position on, and the position behind them; `nil` at the end.
    func read(at position: ReadPosition) throws -> ([SpanData], ReadPosition?) {
        guard let number = position.partitions.first else { return ([], nil) }
        var next = position
        var decoder = RecordDecoder()
        var spans: [SpanData] = []
        if let open = partitions.open.first(where: { $0.number == number }) {
            let end = min(position.row + Self.chunk, open.index.columns.count)
            for row in position.row..<max(position.row, end) where !open.index.columns[row].isHidden {
                let reference = open.index.reference(row)
                next.seen.insert(reference)
                if open.superseded.contains(reference) { continue }
                if let span = decoder.span(try open.record(row)) { spans.append(span) }
            }
            if end < open.index.columns.count {
                next.row = end
                return (spans, next)
            }
        } else if let sealed = partitions.sealed.first(where: { $0.number == number }) {
            let first = position.isSealed ? position.row : 0
            let end = min(first + Self.chunk, sealed.directory.rowCount)
            for row in first..<max(first, end) where !sealed.superseded.contains(row) {
                guard let span = decoder.span(try sealed.record(row)) else { continue }
                if next.seen.isEmpty || !next.seen.contains(span.reference) { spans.append(span) }
            }
            if end < sealed.directory.rowCount {
                (next.row, next.isSealed) = (end, true)
                return (spans, next)
            }
        }
        let rest = position.partitions.dropFirst()
        return (spans, rest.isEmpty ? nil : ReadPosition(partitions: rest))
    }
}
