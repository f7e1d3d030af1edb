// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceFlow
import TraceStore

extension SpanQuery {
    /// Adds what a condition surely asks for; returns how much that says.
    mutating func narrow(to condition: SpanCondition, _ searchable: Set<SearchCondition>) -> Int {
        switch condition {
        case .all(let conditions): return conditions.reduce(0) { $0 + narrow(to: $1, searchable) }
        case .text(.service, .equal, let text) where service == nil && searchable.contains(.service):
            service = text
            return 1
        case .text(.name, .equal, let text) where name == nil && searchable.contains(.name):
            name = text
            return 3
        case .text(.attribute(let key), .equal, let text) where searchable.contains(.attribute):
            attributes.append(Attribute(key, text))
            return 4
        case .exists(.attribute(let key)) where searchable.contains(.attribute):
            attributes.append(Attribute(key))
            return 1
        case .error where searchable.contains(.error):
            hasError = true
            return 2
        case .time(let field, let comparison, let time): return narrow(to: field, comparison, time, searchable)
        default: return 0
        }
    }

    private mutating func narrow(
        to field: SpanCondition.Field,
        _ comparison: SpanCondition.Comparison,
        _ time: Duration,
        _ searchable: Set<SearchCondition>
    ) -> Int {
        let isLeast = comparison == .greater || comparison == .greaterOrEqual
        let isMost = comparison == .less || comparison == .lessOrEqual
        switch field {
        case .duration where isLeast && searchable.contains(.duration):
            minimumDuration = max(minimumDuration ?? time, time)
            return 2
        case .duration where isMost && searchable.contains(.duration):
            maximumDuration = min(maximumDuration ?? time, time)
            return 1
        case .wait where isLeast && time > .zero && searchable.contains(.wait):
            minimumWait = max(minimumWait ?? time, time)
            return 2
        default: return 0
        }
    }
}
