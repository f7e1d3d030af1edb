// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceFlow

extension SealedPartition {
    private typealias ClassBits = (UInt64, UInt64, UInt64, UInt64)

    /// Offers the rows that meet a query, block after block, those first that start last.
    func search(_ plan: SearchPlan, without superseded: Set<Int>, _ found: inout SearchCollector) throws {
        guard let starts = plan.starts, let durations = plan.durations else { return }
        let candidates = try blocks(plan)
        if candidates?.isEmpty == true { return }
        var isWanted = directory.classes.map { item in
            plan.mayMatch(sources[Int(item.source)])
                && plan.query.name.map { directory.names[Int(item.name)] == $0 } ?? true
                && plan.query.hasError.map { $0 == item.hasError } ?? true
        }
        let tests = tests(plan)
        if let tests { for item in isWanted.indices where !tests.classes[item] { isWanted[item] = false } }
        guard isWanted.contains(true) else { return }
        let wanted = isWanted.contains(false) ? bits(isWanted) : nil
        let wait = plan.minimumWait <= 0 ? 0 : SealedFormat.waitCode(plan.minimumWait)
        let order = (candidates ?? Array(directory.blocks.indices)).filter { number in
            let block = directory.blocks[number]
            return block.maximumStart >= max(starts.lowerBound, found.threshold)
                && block.minimumStart <= starts.upperBound && block.maximumDuration >= durations.lowerBound
                && block.maximumWait >= wait && wanted.map { block.mayContain($0) } ?? true
        }.sorted { (directory.blocks[$0].maximumStart, $0) > (directory.blocks[$1].maximumStart, $1) }
        if order.count > 1 { expect(columns: order) }
        let limits = Limits(
            starts: starts,
            durations: durations,
            wait: wait,
            isWanted: isWanted,
            superseded: superseded
        )
        // Some blocks at a time, so that the system reads them while the first are looked through.
        for first in stride(from: 0, to: order.count, by: Self.blocksAhead) {
            var candidates: [(block: Int, rows: [Candidate])] = []
            for number in order[first..<min(first + Self.blocksAhead, order.count)] {
                guard directory.blocks[number].maximumStart >= found.threshold else { break }
                let rows = try rows(of: number, limits, found.threshold)
                if !rows.isEmpty { candidates.append((number, rows)) }
            }
            if tests != nil || plan.isInexact { expect(blocks: candidates.map(\.block)) }
            for (number, rows) in candidates { try check(rows, of: number, plan, tests, wait, &found) }
        }
    }

    private static var blocksAhead: Int { 32 }

    /// What rows have to meet by what their columns say.
    private struct Limits {
        var starts: ClosedRange<UInt64>
        var durations: ClosedRange<Int64>
        var wait: UInt8
        var isWanted: [Bool]
        var superseded: Set<Int>
    }

    private typealias Candidate = (start: UInt64, row: Int, wait: UInt8)

    /// The rows of a block that may be meant, those first that start last.
    private func rows(of number: Int, _ limits: Limits, _ threshold: UInt64) throws -> [Candidate] {
        let first = number * SealedFormat.blockCount
        var rows: [Candidate] = []
        let isWanted = limits.isWanted
        try columns(number).forEach { row, start, duration, item, code in
            guard start >= threshold, limits.starts.contains(start), limits.durations.contains(duration),
                code >= limits.wait, item < isWanted.count, isWanted[item]
            else { return }
            rows.append((start, first + row, code))
        }
        if !limits.superseded.isEmpty { rows.removeAll { limits.superseded.contains($0.row) } }
        rows.sort { ($0.start, $0.row) > ($1.start, $1.row) }
        return rows
    }

    /// Offers those rows of a block that meet the query.
    private func check(
        _ rows: [Candidate],
        of number: Int,
        _ plan: SearchPlan,
        _ tests: AttributeTests?,
        _ wait: UInt8,
        _ found: inout SearchCollector
    ) throws {
        guard let newest = rows.first, newest.start >= found.threshold else { return }
        var decoder = RecordDecoder()
        let block = tests == nil ? nil : try block(number)
        for (start, row, code) in rows {
            guard start >= found.threshold else { break }
            if let tests, let block, !block.mayMatch(row % SealedFormat.blockCount, tests) { continue }
            if plan.isInexact || plan.isAtCursor(start) || wait > 0 && code == wait {
                guard let span = decoder.span(try record(row)), plan.matches(span) else { continue }
            }
            found.add(start, expect: { self.expect(blocks: [number]) }) {
                try self.ask { try $0.record(row) }
            }
        }
        found.settle()
    }

    /// The blocks among which those must be that meet the conditions on attributes; `nil` for all.
    private func blocks(_ plan: SearchPlan) throws -> [Int]? {
        var candidates: Set<Int>?
        for hash in plan.attributes {
            guard !sources.contains(where: { plan.has(hash, $0) }) else { continue }
            guard let blocks = try blocks(withAttribute: hash) else { continue }
            candidates = candidates.map { $0.intersection(blocks) } ?? blocks
        }
        guard let candidates else { return nil }
        guard candidates.allSatisfy({ $0 < directory.blocks.count }) else { throw DamagedBytes() }
        return Array(candidates)
    }

    private func bits(_ isWanted: [Bool]) -> ClassBits {
        var block = SealedBlock()
        for (number, isWanted) in isWanted.enumerated() where isWanted { block.insert(class: UInt32(number)) }
        return block.classes
    }
}
