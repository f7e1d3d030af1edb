// SPDX-License-Identifier: Apache-2.0

/// A text of properties as Java reads them: `name=value`, `name: value` or `name value` on a line, `#` or `!` before a
/// comment, `\` before the end of a line that goes on, and escapes.
struct PropertiesFile {
    /// One of them, and on which line it begins, from 1.
    struct Entry: Equatable {
        var line: Int
        var name: String
        var value: String
    }

    private(set) var entries: [Entry] = []

    private typealias Scalars = Substring.UnicodeScalarView

    init(_ text: String) {
        var logical = ""
        var first = 0
        for (index, line) in Self.lines(of: text).enumerated() {
            let line = line.drop(while: Self.isBlank)
            if logical.isEmpty {
                if line.isEmpty || line.first == "#" || line.first == "!" { continue }
                first = index + 1
            }
            logical.unicodeScalars += line
            // An odd number of backslashes: the last one isn't escaped, and the line goes on.
            if line.reversed().prefix(while: { $0 == "\\" }).count.isMultiple(of: 2) {
                append(logical, first)
                logical = ""
            } else {
                logical.unicodeScalars.removeLast()
                // So that a line of nothing but a backslash has begun.
                if logical.isEmpty { logical = " " }
            }
        }
        if !logical.isEmpty { append(logical, first) }
    }

    /// Ended by a line feed, a carriage return, or both, and by nothing else.
    private static func lines(of text: String) -> [Scalars] {
        var lines: [Scalars] = []
        var rest = text[...].unicodeScalars
        while let end = rest.firstIndex(where: { $0 == "\n" || $0 == "\r" }) {
            lines.append(rest[..<end])
            let isPair = rest[end...].starts(with: "\r\n".unicodeScalars)
            rest = rest[end...].dropFirst(isPair ? 2 : 1)
        }
        return lines + [rest]
    }

    private mutating func append(_ line: String, _ number: Int) {
        var scalars = line[...].unicodeScalars.drop(while: Self.isBlank)
        let name = Self.take(&scalars) { Self.isBlank($0) || $0 == "=" || $0 == ":" }
        scalars = scalars.drop(while: Self.isBlank)
        if let separator = scalars.first, separator == "=" || separator == ":" {
            scalars = scalars.dropFirst().drop(while: Self.isBlank)
        }
        let value = Self.take(&scalars) { _ in false }
        if !name.isEmpty { entries.append(Entry(line: number, name: name, value: value)) }
    }

    /// Takes characters up to one that ends it, escapes resolved.
    private static func take(_ scalars: inout Scalars, until ends: (Unicode.Scalar) -> Bool) -> String {
        var text = ""
        while let scalar = scalars.first, !ends(scalar) {
            scalars = scalars.dropFirst()
            guard scalar == "\\", let escaped = scalars.popFirst() else {
                text.unicodeScalars.append(scalar)
                continue
            }
            switch escaped {
            case "t": text.unicodeScalars.append("\t")
            case "n": text.unicodeScalars.append("\n")
            case "r": text.unicodeScalars.append("\r")
            case "f": text.unicodeScalars.append("\u{c}")
            case "u":
                guard let unit = takeUnit(&scalars) else {
                    text.unicodeScalars.append(escaped)
                    continue
                }
                text += self.text(unit, &scalars)
            default: text.unicodeScalars.append(escaped)
            }
        }
        return text
    }

    /// What a unit of UTF-16 is, with the one behind it if both are one character.
    private static func text(_ unit: UInt16, _ scalars: inout Scalars) -> String {
        guard UTF16.isLeadSurrogate(unit), scalars.starts(with: "\\u".unicodeScalars) else {
            return String(decoding: [unit], as: UTF16.self)
        }
        var rest = scalars.dropFirst(2)
        guard let other = takeUnit(&rest), UTF16.isTrailSurrogate(other) else {
            return String(decoding: [unit], as: UTF16.self)
        }
        scalars = rest
        return String(decoding: [unit, other], as: UTF16.self)
    }

    /// Takes four hexadecimal digits, if there are.
    private static func takeUnit(_ scalars: inout Scalars) -> UInt16? {
        let digits = scalars.prefix(4)
        guard digits.count == 4, digits.allSatisfy(\.properties.isASCIIHexDigit) else { return nil }
        scalars = scalars.dropFirst(4)
        return UInt16(String(digits), radix: 16)
    }

    private static func isBlank(_ scalar: Unicode.Scalar) -> Bool {
        scalar == " " || scalar == "\t" || scalar == "\u{c}"
    }
}
