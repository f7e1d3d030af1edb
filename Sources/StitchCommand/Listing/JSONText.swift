// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Values as JSON, for programs: keys in order, so that outputs compare.
///
/// It may end up on a terminal all the same: characters that do something there are escaped.
enum JSONText {
    /// In one line, with its line feed.
    static func line(_ value: some Encodable) throws -> String { try text(value, []) }

    /// In several lines.
    static func page(_ value: some Encodable) throws -> String { try text(value, .prettyPrinted) }

    private static func text(_ value: some Encodable, _ formatting: JSONEncoder.OutputFormatting) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = formatting.union([.sortedKeys, .withoutEscapingSlashes])
        return escaped(String(decoding: try encoder.encode(value), as: UTF8.self)) + "\n"
    }

    /// The same JSON: what is not plain ASCII stands in texts alone, and what is below it has been escaped.
    static func escaped(_ json: String) -> String {
        guard json.utf8.contains(where: { $0 >= 0x7f }) else { return json }
        var text = String.UnicodeScalarView()
        for scalar in json.unicodeScalars {
            if scalar.value < 0x7f || TextCells.shown(scalar) == scalar {
                text.append(scalar)
            } else {
                for unit in Character(scalar).utf16 {
                    let digits = String(unit, radix: 16)
                    let zeros = String(repeating: "0", count: 4 - digits.count)
                    text.append(contentsOf: "\\u\(zeros)\(digits)".unicodeScalars)
                }
            }
        }
        return String(text)
    }
}
