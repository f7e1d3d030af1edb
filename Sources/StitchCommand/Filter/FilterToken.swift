// SPDX-License-Identifier: Apache-2.0

/// A piece of a filter, and where it stands.
struct FilterToken: Hashable {
    enum Kind: Hashable {
        /// A key, a value, or `and`, `or`, `not`.
        case word(String)
        /// A value in quotes.
        case quoted(String)
        /// `=`, `!=`, `~`, `>`, `>=`, `<`, `<=`.
        case comparison(String)
        /// `->`.
        case leadsTo
        /// `<-`.
        case comesFrom
        case open
        case close
        case not
        case end
    }

    var kind: Kind
    /// The characters that it takes of the filter.
    var range: Range<Int>

    /// All pieces of a filter, the end last.
    static func all(in text: [Character]) throws(FilterError) -> [FilterToken] {
        var tokens: [FilterToken] = []
        var position = 0
        while position < text.count {
            let start = position
            guard !text[position].isWhitespace else {
                position += 1
                continue
            }
            let kind = try read(text, &position)
            tokens.append(FilterToken(kind: kind, range: start..<position))
        }
        return tokens + [FilterToken(kind: .end, range: position..<position)]
    }

    /// Longer ones first.
    private static let symbols: [(String, Kind)] = [
        ("->", .leadsTo), ("<-", .comesFrom), ("!=", .comparison("!=")), (">=", .comparison(">=")),
        ("<=", .comparison("<=")), ("&&", .word("and")), ("||", .word("or")), ("=", .comparison("=")),
        ("~", .comparison("~")), (">", .comparison(">")), ("<", .comparison("<")), ("(", .open), (")", .close),
        ("!", .not),
    ]

    private static func symbol(_ text: [Character], at position: Int) -> (String, Kind)? {
        symbols.first { text[position...].starts(with: $0.0) }
    }

    private static func read(_ text: [Character], _ position: inout Int) throws(FilterError) -> Kind {
        if let (symbol, kind) = symbol(text, at: position) {
            position += symbol.count
            return kind
        }
        if text[position] == "\"" || text[position] == "'" { return try quoted(text, &position) }
        var word = ""
        while position < text.count, !text[position].isWhitespace, symbol(text, at: position) == nil {
            word.append(text[position])
            position += 1
        }
        return .word(word)
    }

    private static func quoted(_ text: [Character], _ position: inout Int) throws(FilterError) -> Kind {
        let start = position
        let quote = text[start]
        var value = ""
        position += 1
        while position < text.count, text[position] != quote {
            if text[position] == "\\", position + 1 < text.count { position += 1 }
            value.append(text[position])
            position += 1
        }
        guard position < text.count else {
            throw FilterError("this quote is not closed", at: start..<start + 1)
        }
        position += 1
        return .quoted(value)
    }
}

/// What is wrong with a filter, and where.
struct FilterError: Error, Hashable {
    let message: String
    let range: Range<Int>

    init(_ message: String, at range: Range<Int>) {
        self.message = message
        self.range = range
    }

    /// The error as the user of a command reads it: the filter, and below it a mark at the place.
    func usage(in text: String) -> CommandError {
        let shown = text.map { String($0).printable }.map { $0.count == 1 ? $0 : " " }.joined()
        let before = String(shown.prefix(range.lowerBound)).columnCount
        let place = String(shown.dropFirst(range.lowerBound).prefix(max(1, range.count))).columnCount
        let mark = String(repeating: " ", count: before) + String(repeating: "^", count: max(1, place))
        return .usage("the filter is not understood: \(message)", lines: [shown, mark])
    }
}
