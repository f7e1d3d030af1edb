// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceFlow

extension StoreSnapshot {
    /// A page of the spans that meet a query.
    func search(_ query: SpanQuery, limit: Int, after cursor: SearchCursor?) throws -> SearchPage {
        let plan = SearchPlan(query, after: cursor)
        var found = SearchCollector(limit: limit + 1)
        for open in open.reversed() { try open.search(plan, &found) }
        found.settle()
        midway?()
        let order = sealed.sorted { $0.partition.lastStart > $1.partition.lastStart }
        for sealed in order {
            guard sealed.partition.lastStart >= found.threshold else { break }
            try ask(sealed) { try $0.search(plan, without: sealed.superseded, &found) }
        }
        found.settle()
        return SearchPage(try found.spans(), limit: limit)
    }
}
