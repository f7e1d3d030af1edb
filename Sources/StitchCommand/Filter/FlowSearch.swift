// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceFlow
import TraceStore

/// What a store is searched by to find the flows of a filter, and where each of them is listed.
///
/// It is the step of the filter that says most. A time is for the spans that the filter finds, those of the last step.
struct FlowSearch {
    /// What the store is asked for: all spans that meet the step, and maybe more.
    let query: SpanQuery
    private let filter: FlowFilter
    private let step: SpanCondition
    private let isLast: Bool
    private let time: SpanQuery

    /// How much it says that spans are of late.
    private static let weightOfTime = 2

    /// A search for the flows that a filter lets through; `nil` for one that asks for nothing.
    init?(_ filter: FlowFilter, searchable: Set<SearchCondition>, from: Timestamp?, to: Timestamp?) {
        guard let last = filter.steps.last else { return nil }
        let time = SpanQuery(from: from, to: to)
        var (query, step, isLast) = (time, last, true)
        var best = query.narrow(to: last, searchable) + (from == nil ? 0 : Self.weightOfTime)
        for other in filter.steps.dropLast() {
            var candidate = SpanQuery()
            let weight = candidate.narrow(to: other, searchable)
            if weight > best { (query, step, isLast, best) = (candidate, other, false, weight) }
        }
        (self.filter, self.query, self.step, self.isLast, self.time) = (filter, query, step, isLast, time)
    }

    /// Whether a span that the store found is one that was searched for.
    func finds(_ span: SpanData) -> Bool { query.matches(span) && step.matches(span) }

    /// The place at which a flow is listed, that of the newest span that was searched for; `nil` for a flow that isn't let
    /// through.
    func place(of flow: Flow) -> SearchCursor? {
        let found = filter.found(in: flow).filter { time.matches($0) }
        guard !found.isEmpty else { return nil }
        let places = (isLast ? found : flow.spans).lazy.filter { finds($0) }.map { SearchCursor($0) }
        return places.min { $0.isBefore($1) }
    }
}
