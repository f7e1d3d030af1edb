// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceContext
import TraceFlow

extension StoreEngine {
    /// Answers a question, without the files that turn out to be damaged.
    func answer<Result>(_ body: () throws -> Result) throws -> Result {
        if access == .reading { try refresh() }
        while true {
            do {
                return try body()
            } catch let damage as DamagedPartition {
                let sealed = partitions.sealed.first { $0.number == damage.number }
                guard let sealed else { throw StoreError(.damaged, "a file of \(directory.path) is damaged") }
                leaveOut(
                    sealed.number,
                    StoreDirectory.sealedName(sealed.number, generation: sealed.generation)
                )
            }
        }
    }

    /// Asks a sealed partition; what makes no sense there is its damage.
    func ask<Result>(_ partition: SealedPartition, _ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as StoreError {
            throw error
        } catch {
            throw DamagedPartition(number: partition.number)
        }
    }

    func spans(of traces: [TraceID]) throws -> [SpanData] {
        var decoder = RecordDecoder()
        var spans: [SpanData] = []
        for trace in Set(traces) {
            for partition in partitions.open {
                for row in partition.index.rows(of: trace) {
                    if partition.superseded.contains(partition.index.reference(row)) { continue }
                    if let span = decoder.span(try partition.record(row)) { spans.append(span) }
                }
            }
            for partition in partitions.sealed {
                try ask(partition) {
                    guard let rows = try partition.trace(trace)?.rows else { return }
                    for row in rows where !partition.superseded.contains(row) {
                        if let span = decoder.span(try partition.record(row)) { spans.append(span) }
                    }
                }
            }
        }
        return spans
    }

    func backLinks(to traces: [TraceID], limit: Int) throws -> BackLinks {
        var seen: Set<BackLinks.Link> = []
        var found = BackLinks()
        /// Whether there is room for more.
        func add(_ target: SpanReference, _ source: SpanReference) -> Bool {
            let link = BackLinks.Link(target: target, source: source)
            guard seen.insert(link).inserted else { return true }
            guard found.links.count < limit else {
                found.isTruncated = true
                return false
            }
            found.links.append(link)
            return true
        }
        var facts = SpanFacts()
        for trace in Set(traces) {
            for partition in partitions.open {
                let goesOn = partition.index.links(to: trace) { target, source in
                    partition.superseded.contains(source) || add(target, source)
                }
                if !goesOn { return found }
            }
            for partition in partitions.sealed {
                let goesOn = try ask(partition) {
                    for (row, _) in try partition.links(to: trace) where !partition.superseded.contains(row) {
                        try partition.record(row).bytes.withUnsafeBytes { try facts.read($0) }
                        let source = SpanReference(SpanContext(traceID: facts.traceID, spanID: facts.spanID))
                        for link in facts.links where link.traceID == trace {
                            let target = SpanReference(SpanContext(traceID: trace, spanID: link.spanID))
                            if !add(target, source) { return false }
                        }
                    }
                    return true
                }
                if !goesOn { return found }
            }
        }
        return found
    }

    func search(_ query: SpanQuery, limit: Int, after cursor: SearchCursor?) throws -> SearchPage {
        let plan = SearchPlan(query, after: cursor)
        var found = SearchCollector(limit: limit + 1)
        for partition in partitions.open.reversed() { try partition.search(plan, &found) }
        found.settle()
        let order = partitions.sealed.sorted { ($0.range?.upperBound ?? 0) > ($1.range?.upperBound ?? 0) }
        for partition in order {
            guard partition.range?.upperBound ?? 0 >= found.threshold else { break }
            try ask(partition) { try partition.search(plan, &found) }
        }
        do {
            return SearchPage(try found.spans(), limit: limit)
        } catch is DamagedBytes {
            throw StoreError(.damaged, "a file of \(directory.path) is damaged")
        }
    }

    /// Brings a reader up to what the writer has committed.
    func refresh() throws {
        for _ in 0..<20 {
            let wanted = try manifest.snapshot { try $0.partitions() }
            if try adopt(wanted) { return }
            // A file was replaced between the look at the manifest and the look at the file.
        }
        throw StoreError(.unavailable, "can't read \(directory.path): it changes too quickly")
    }

    /// Opens what is new and forgets what is gone; whether all that the manifest names was there.
    private func adopt(_ wanted: [Manifest.Partition]) throws -> Bool {
        let numbers = Set(wanted.map(\.number))
        partitions.sealed.removeAll { !numbers.contains($0.number) }
        partitions.open.removeAll { open in
            !wanted.contains { $0.number == open.number && $0.state == .open }
        }
        var superseded: [Int64: Set<Int>] = [:]
        for partition in wanted where partition.state == .sealed {
            let name = StoreDirectory.sealedName(partition.number, generation: partition.generation)
            if damagedFiles.contains(name) { continue }
            let current = partitions.sealed.first { $0.number == partition.number }
            if current?.generation != partition.generation {
                guard directory.size(name) > 0 else { return false }
                do {
                    partitions.insert(
                        try SealedPartition(
                            directory.path(name),
                            number: partition.number,
                            generation: partition.generation
                        )
                    )
                } catch let error as StoreError where error.code == .unavailable {
                    return false
                } catch {
                    damagedFiles.append(name)
                    continue
                }
            }
            superseded[partition.number] = try manifest.superseded(of: partition.number)
        }
        for partition in partitions.sealed {
            partition.superseded.formUnion(superseded[partition.number] ?? [])
        }
        for partition in wanted where partition.state == .open {
            if !partitions.open.contains(where: { $0.number == partition.number }) {
                let path = directory.path(StoreDirectory.openName(partition.number))
                guard let file = try? OpenFile(path, .reading, durability: configuration.durability), file.isReady
                else {
                    // The manifest names a file a moment before it is made.
                    if partition == wanted.last { continue }
                    return false
                }
                partitions.open.append(OpenPartition(partition.number, file, among: partitions))
                partitions.open.sort { $0.number < $1.number }
            }
        }
        for open in partitions.open { try open.load() }
        return true
    }
}

/// A sealed file does not hold what was written.
struct DamagedPartition: Error {
    var number: Int64
}
