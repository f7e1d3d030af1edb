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

    init(_ text: String) {
        var number = 0
        var logical = ""
        var first = 0
        for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
            number += 1
            let line = line.drop(while: Self.isBlank)
            if logical.isEmpty {
                if line.isEmpty || line.hasPrefix("#") || line.hasPrefix("!") { continue }
                first = number
            }
            logical += line
            // An odd number of backslashes: the last one isn't escaped, and the line goes on.
            if line.reversed().prefix(while: { $0 == "\\" }).count.isMultiple(of: 2) {
                append(logical, first)
                logical = ""
            } else {
                logical.removeLast()
                // So that a line of nothing but a backslash has begun.
                if logical.isEmpty { logical = " " }
            }
        }
        if !logical.isEmpty { append(logical, first) }
    }

    private mutating func append(_ line: String, _ number: Int) {
        var characters = Substring(line).drop(while: Self.isBlank)
        let name = Self.take(&characters) { Self.isBlank($0) || $0 == "=" || $0 == ":" }
        characters = characters.drop(while: Self.isBlank)
        if let separator = characters.first, separator == "=" || separator == ":" {
            characters = characters.dropFirst().drop(while: Self.isBlank)
        }
        let value = Self.take(&characters) { _ in false }
        if !name.isEmpty { entries.append(Entry(line: number, name: name, value: value)) }
    }

    /// Takes characters up to one that ends it, escapes resolved.
    private static func take(_ characters: inout Substring, until ends: (Character) -> Bool) -> String {
        var text = ""
        while let character = characters.first, !ends(character) {
            characters = characters.dropFirst()
            guard character == "\\", let escaped = characters.popFirst() else {
                text.append(character)
                continue
            }
            switch escaped {
            case "t": text.append("\t")
            case "n": text.append("\n")
            case "r": text.append("\r")
            case "f": text.append("\u{c}")
            case "u":
                let digits = characters.prefix(4)
                if digits.count == 4, let scalar = UInt32(digits, radix: 16).flatMap(Unicode.Scalar.init) {
                    text.unicodeScalars.append(scalar)
                    characters = characters.dropFirst(4)
                } else {
                    text.append(escaped)
                }
            default: text.append(escaped)
            }
        }
        return text
    }

    private static func isBlank(_ character: Character) -> Bool {
        character == " " || character == "\t" || character == "\u{c}"
    }
}
