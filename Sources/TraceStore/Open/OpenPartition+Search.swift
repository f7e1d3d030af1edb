// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceFlow

extension OpenPartition {
    /// Offers the rows that meet a query.
    func search(_ plan: SearchPlan, _ found: inout SearchCollector) throws {
        guard let starts = plan.starts, let durations = plan.durations else { return }
        var name: UInt32?
        if let wanted = plan.query.name {
            guard let number = index.number(ofName: wanted) else { return }
            name = number
        }
        var rows: [(start: UInt64, row: Int)] = []
        let isWanted = sources.sources.map { plan.mayMatch($0) }
        func consider(_ row: Int) {
            let columns = index.columns[row]
            guard !columns.isHidden, starts.contains(columns.start), columns.start >= found.threshold,
                durations.contains(columns.duration), columns.wait >= plan.minimumWait,
                name.map({ $0 == columns.name }) ?? true,
                plan.query.hasError.map({ $0 == columns.hasError }) ?? true,
                isWanted[Int(index.places[row].source)],
                superseded.isEmpty || !superseded.contains(index.reference(row))
            else { return }
            rows.append((columns.start, row))
        }
        if let candidates = candidates(plan) {
            for row in candidates { consider(row) }
        } else {
            for row in index.columns.indices { consider(row) }
        }
        rows.sort { ($0.start, $0.row) > ($1.start, $1.row) }
        var decoder = RecordDecoder()
        var accepted = 0
        for (start, row) in rows {
            guard start >= found.threshold else { break }
            if plan.isInexact || plan.isAtCursor(start) {
                guard let span = decoder.span(try record(row)), plan.matches(span) else { continue }
            }
            found.add(start) { try self.record(row) }
            accepted += 1
            if accepted.isMultiple(of: 64) { found.settle() }
        }
    }

    /// The rows among which those must be that meet the conditions on attributes; `nil` for all.
    private func candidates(_ plan: SearchPlan) -> Set<Int>? {
        var candidates: Set<Int>?
        for hash in plan.attributes {
            // What the resource has, all its spans have.
            guard !sources.sources.contains(where: { plan.has(hash, $0) }) else { continue }
            let rows = Set(index.rows(withAttribute: hash))
            candidates = candidates.map { $0.intersection(rows) } ?? rows
        }
        return candidates
    }
}
