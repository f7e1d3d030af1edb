// SPDX-License-Identifier: Apache-2.0

import TelemetryData

/// Makes a condition of a key, a comparison and a value.
struct FilterValue {
    let key: String
    let keyRange: Range<Int>
    let comparison: SpanCondition.Comparison

    func condition(with token: FilterToken) throws(FilterError) -> SpanCondition {
        let value: String
        var isQuoted = false
        switch token.kind {
        case .word(let word): value = word
        case .quoted(let word): (value, isQuoted) = (word, true)
        default: throw FilterError("a value is missing", at: token.range)
        }
        switch key {
        case "service": return try text(.service, value, token)
        case "name": return try text(.name, value, token)
        case "trace": return try text(.trace, value.lowercased(), token)
        case "kind":
            guard SpanKind.allCases.contains(where: { "\($0)" == value }) else {
                let kinds = SpanKind.allCases.map { "\($0)" }.joined(separator: ", ")
                throw FilterError("'\(value)' is no kind of span; there are \(kinds)", at: token.range)
            }
            return try text(.kind, value, token)
        case "duration": return try time(.duration, value, token)
        case "wait": return try time(.wait, value, token)
        case "error": return try error(value, token)
        default:
            guard !isQuoted, comparison != .contains else { return try text(.attribute(key), value, token) }
            return try attribute(value, token)
        }
    }

    private func text(_ field: SpanCondition.Field, _ value: String, _ token: FilterToken) throws(FilterError)
        -> SpanCondition
    {
        guard [.equal, .unequal, .contains].contains(comparison) else {
            throw FilterError("'\(key)' is text: it is compared by =, != or ~ (contains)", at: keyRange)
        }
        return .text(field, comparison, value)
    }

    private func time(_ field: SpanCondition.Field, _ value: String, _ token: FilterToken) throws(FilterError)
        -> SpanCondition
    {
        guard let duration = Duration(text: value) else {
            throw FilterError("'\(value)' is no length of time, such as 500ms, 5s, 10m or 2h", at: token.range)
        }
        guard ![.equal, .unequal, .contains].contains(comparison) else {
            throw FilterError("'\(key)' is a length of time: it is compared by >, >=, < or <=", at: keyRange)
        }
        return .time(field, comparison, duration)
    }

    private func error(_ value: String, _ token: FilterToken) throws(FilterError) -> SpanCondition {
        guard let isError = Bool(value), comparison == .equal || comparison == .unequal else {
            throw FilterError("write error, not error, or error=true", at: token.range)
        }
        return isError == (comparison == .equal) ? .error : .not(.error)
    }

    private func attribute(_ value: String, _ token: FilterToken) throws(FilterError) -> SpanCondition {
        switch comparison {
        case .equal where value == "*": return .exists(.attribute(key))
        case .unequal where value == "*": return .not(.exists(.attribute(key)))
        case .equal, .unequal, .contains: return .text(.attribute(key), comparison, value)
        default:
            // Attributes with times have seconds.
            guard let number = Double(value) ?? Duration(text: value)?.inSeconds else {
                throw FilterError("'\(value)' is neither a number nor a length of time", at: token.range)
            }
            return .number(.attribute(key), comparison, number)
        }
    }
}
