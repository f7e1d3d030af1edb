// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceContext
import TraceFlow

extension StoreSnapshot {
    /// All spans of some traces.
    func spans(of traces: [TraceID]) throws -> [SpanData] {
        var decoder = RecordDecoder()
        return try spans(of: traces, &decoder)
    }

    /// All spans of some traces, by a decoder that knows what others before had in common with them.
    func spans(of traces: [TraceID], _ decoder: inout RecordDecoder) throws -> [SpanData] {
        var spans: [SpanData] = []
        for trace in Set(traces) {
            for open in open {
                for record in try open.records(of: trace) { decoder.add(record, to: &spans) }
            }
            for sealed in sealed {
                try ask(sealed) { partition in
                    guard let rows = try partition.trace(trace)?.rows else { return }
                    try partition.forEachSpan(rows, without: sealed.superseded) { source, bytes in
                        decoder.add(bytes, of: source, to: &spans)
                    }
                }
            }
        }
        return spans
    }

    /// The links to spans of some traces, each once, up to a number.
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
        for trace in Set(traces) {
            for open in open {
                for (target, source) in open.links(to: trace, limit: limit) where !add(target, source) { return found }
            }
            for sealed in sealed {
                let goesOn = try ask(sealed) { partition in
                    let links = try partition.links(to: trace)
                    if links.isEmpty { return true }
                    let rows = try partition.trace(trace)?.rows ?? 0..<0
                    if links.count > 1 {
                        let unknown = links.lazy.filter { $0.target == nil }
                        partition.expect(blocks: unknown.map { $0.row / SealedFormat.blockCount })
                        partition.expect(identitiesOf: links.lazy.map(\.row))
                    }
                    for link in links where !sealed.superseded.contains(link.row) {
                        // Another trace with the same hash may be meant.
                        if let target = link.target, !rows.contains(target) { continue }
                        let source = try partition.reference(link.row)
                        let targets =
                            try link.target.map { [try partition.reference($0)] }
                            ?? partition.targets(link.row, in: trace, rows)
                        for target in targets where !add(target, source) { return false }
                    }
                    return true
                }
                if !goesOn { return found }
            }
        }
        return found
    }

    /// Traces whose ids lie between two, in the order of their ids, each once, up to a number.
    func traces(in range: TraceRange, limit: Int) throws -> [TraceID] {
        var found: Set<TraceID> = []
        for open in open { found.formUnion(open.traces(in: range)) }
        for sealed in sealed {
            found.formUnion(try ask(sealed) { try $0.traces(in: range, without: sealed.superseded, limit: limit) })
        }
        return Array(found.sorted { $0.isBefore($1) }.prefix(limit))
    }
}
