// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Values as JSON, for programs: keys in order, so that outputs compare.
enum JSONText {
    /// In one line, with its line feed.
    static func line(_ value: some Encodable) throws -> String { try text(value, []) }

    /// In several lines.
    static func page(_ value: some Encodable) throws -> String { try text(value, .prettyPrinted) }

    private static func text(_ value: some Encodable, _ formatting: JSONEncoder.OutputFormatting) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = formatting.union([.sortedKeys, .withoutEscapingSlashes])
        return String(decoding: try encoder.encode(value), as: UTF8.self) + "\n"
    }
}
