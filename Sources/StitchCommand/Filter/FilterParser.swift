// SPDX-License-Identifier: Apache-2.0

import TelemetryData

/// Reads a filter by its grammar.
///
///     filter     = condition { ("->" | "<-") condition }
///     condition  = all { "or" all }
///     all        = one { ["and"] one }
///     one        = ["not"] ( "(" condition ")" | "error" | key comparison value )
struct FilterParser {
    private let tokens: [FilterToken]
    private var position = 0
    private var depth = 0

    /// How deep brackets and negations may be within each other.
    private static let deepest = 50

    /// The filter of a text; one of spaces asks for nothing.
    static func parse(_ text: String) throws(CommandError) -> FlowFilter {
        do {
            var parser = FilterParser(tokens: try FilterToken.all(in: Array(text)))
            return try parser.filter()
        } catch {
            throw error.usage(in: text)
        }
    }

    private init(tokens: [FilterToken]) { self.tokens = tokens }

    private var next: FilterToken { tokens[min(position, tokens.count - 1)] }

    private mutating func take(_ kind: FilterToken.Kind) -> Bool {
        guard next.kind == kind else { return false }
        position += 1
        return true
    }

    private mutating func filter() throws(FilterError) -> FlowFilter {
        guard next.kind != .end else { return FlowFilter() }
        var filter = FlowFilter(steps: [try condition()])
        while next.kind == .leadsTo || next.kind == .comesFrom {
            filter.turns.append(next.kind == .leadsTo ? .leadsTo : .comesFrom)
            position += 1
            filter.steps.append(try condition())
        }
        guard next.kind == .end else {
            throw FilterError("nothing is closed by this ')'", at: next.range)
        }
        return filter
    }

    private mutating func condition() throws(FilterError) -> SpanCondition {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.deepest else { throw FilterError("there are too many brackets", at: next.range) }
        var choices = [try all()]
        while take(.word("or")) { choices.append(try all()) }
        return choices.count == 1 ? choices[0] : .any(choices)
    }

    private mutating func all() throws(FilterError) -> SpanCondition {
        var conditions = [try one()]
        while true {
            if take(.word("and")) {
                conditions.append(try one())
                continue
            }
            switch next.kind {
            case .open, .not, .quoted: conditions.append(try one())
            case .word(let word) where word != "or": conditions.append(try one())
            default: return conditions.count == 1 ? conditions[0] : .all(conditions)
            }
        }
    }

    private mutating func one() throws(FilterError) -> SpanCondition {
        var isNegated = false
        while next.kind == .not || next.kind == .word("not") {
            position += 1
            isNegated.toggle()
        }
        let condition = try bare()
        return isNegated ? .not(condition) : condition
    }

    private mutating func bare() throws(FilterError) -> SpanCondition {
        let token = next
        if take(.open) {
            let inner = try condition()
            guard take(.close) else { throw FilterError("this bracket is not closed", at: token.range) }
            return inner
        }
        let key: String
        switch token.kind {
        case .word(let word): key = word
        case .quoted(let word): key = word
        case .end:
            throw FilterError("a condition is missing at the end, such as error or service=billing", at: token.range)
        default: throw FilterError("a condition is missing here, such as error or service=billing", at: token.range)
        }
        position += 1
        guard case .comparison(let text) = next.kind, let comparison = SpanCondition.Comparison(rawValue: text) else {
            if token.kind == .word("error") { return .error }
            throw FilterError(
                "'\(key)' is no condition; one is error, or a name with a value: service=billing, name~orders, wait > 5s",
                at: token.range
            )
        }
        position += 1
        return try FilterValue(key: key, keyRange: token.range, comparison: comparison).condition(with: value(of: key))
    }

    private mutating func value(of key: String) throws(FilterError) -> FilterToken {
        switch next.kind {
        case .word, .quoted:
            position += 1
            return tokens[position - 1]
        default: throw FilterError("'\(key)' has nothing to be compared with", at: next.range)
        }
    }
}
