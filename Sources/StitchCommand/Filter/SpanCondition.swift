// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceFlow

/// What one span has to meet.
indirect enum SpanCondition: Sendable, Hashable {
    /// What a condition looks at.
    enum Field: Sendable, Hashable {
        case service
        case name
        case kind
        case trace
        case duration
        case wait
        /// An attribute of the span, or of its resource.
        case attribute(String)
    }

    enum Comparison: String, Sendable, Hashable {
        case equal = "="
        case unequal = "!="
        case contains = "~"
        case greater = ">"
        case greaterOrEqual = ">="
        case less = "<"
        case lessOrEqual = "<="

        func holds<Value: Comparable>(_ a: Value, _ b: Value) -> Bool {
            switch self {
            case .equal, .contains: a == b
            case .unequal: a != b
            case .greater: a > b
            case .greaterOrEqual: a >= b
            case .less: a < b
            case .lessOrEqual: a <= b
            }
        }
    }

    case text(Field, Comparison, String)
    /// How long the span took or what it works on waited.
    case time(Field, Comparison, Duration)
    /// A number; of times, seconds.
    case number(Field, Comparison, Double)
    /// The attribute is there.
    case exists(Field)
    case error
    case not(SpanCondition)
    case all([SpanCondition])
    case any([SpanCondition])

    func matches(_ span: SpanData) -> Bool {
        switch self {
        case .text(let field, let comparison, let text):
            let value = span.text(of: field)
            return switch comparison {
            case .unequal: value != text
            case .contains: value?.contains(text) ?? false
            default: value.map { comparison.holds($0, text) } ?? false
            }
        case .time(let field, let comparison, let time):
            return span.time(of: field).map { comparison.holds($0, time) } ?? false
        case .number(let field, let comparison, let number):
            return span.number(of: field).map { comparison.holds($0, number) } ?? (comparison == .unequal)
        case .exists(let field): return span.text(of: field) != nil
        case .error: return span.hasError
        case .not(let condition): return !condition.matches(span)
        case .all(let conditions): return conditions.allSatisfy { $0.matches(span) }
        case .any(let conditions): return conditions.contains { $0.matches(span) }
        }
    }
}

extension SpanData {
    fileprivate func attribute(_ key: String) -> AttributeValue? { attributes[key] ?? resource.attributes[key] }

    fileprivate func text(of field: SpanCondition.Field) -> String? {
        switch field {
        case .service: resource.serviceName
        case .name: name
        case .kind: "\(kind)"
        case .trace: traceID.description
        case .duration: duration.text
        case .wait: wait.text
        case .attribute(let key): attribute(key)?.description
        }
    }

    fileprivate func time(of field: SpanCondition.Field) -> Duration? {
        switch field {
        case .duration: duration
        case .wait: wait
        default: nil
        }
    }

    fileprivate func number(of field: SpanCondition.Field) -> Double? {
        switch field {
        case .attribute(let key):
            switch attribute(key) {
            case .int(let value): Double(value)
            case .double(let value): value
            case .string(let text): Double(text)
            default: nil
            }
        default: nil
        }
    }
}
