// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceFlow

extension SearchCursor {
    /// Where a span stands in the order of a search.
    init(_ span: SpanData) {
        self.init(start: span.start, reference: span.reference)
    }

    /// Whether this place comes before another: what starts last first, of one start by trace and span id.
    func precedes(_ other: SearchCursor) -> Bool {
        if start != other.start { return start > other.start }
        let (a, b) = (reference, other.reference)
        return (a.traceID.high, a.traceID.low, a.spanID.bits) < (b.traceID.high, b.traceID.low, b.spanID.bits)
    }
}

extension SearchPage {
    /// The first spans of those that were found, and where the next page begins if there are more.
    ///
    /// - Parameters:
    ///   - found: What was found, in the order of a search, one more than the page holds where there are more.
    ///   - limit: How many spans the page holds, from 1.
    init(_ found: [SpanData], limit: Int) {
        let page = Array(found.prefix(limit))
        self.init(spans: page, next: found.count > limit ? page.last.map { SearchCursor($0) } : nil)
    }
}

extension StoreError {
    /// Refuses conditions that a store can't search by.
    static func check(
        _ conditions: Set<SearchCondition>,
        against searchable: Set<SearchCondition>
    ) throws(StoreError) {
        let rest = conditions.subtracting(searchable).map(\.rawValue).sorted()
        guard rest.isEmpty else {
            let known = searchable.map(\.rawValue).sorted().joined(separator: ", ")
            throw StoreError(
                .unsupportedSearch,
                "can't search by \(rest.joined(separator: ", ")): this store can by \(known); leave the others out"
            )
        }
    }
}

extension SpanQuery {
    /// What it asks by.
    var conditions: Set<SearchCondition> {
        var conditions: Set<SearchCondition> = []
        if from != nil || to != nil { conditions.insert(.time) }
        if service != nil { conditions.insert(.service) }
        if name != nil { conditions.insert(.name) }
        if hasError != nil { conditions.insert(.error) }
        if minimumDuration != nil || maximumDuration != nil { conditions.insert(.duration) }
        if minimumWait != nil { conditions.insert(.wait) }
        if !attributes.isEmpty { conditions.insert(.attribute) }
        return conditions
    }

    /// Refuses conditions that a store can't search by.
    func check(against searchable: Set<SearchCondition>) throws(StoreError) {
        try StoreError.check(conditions, against: searchable)
    }
}
