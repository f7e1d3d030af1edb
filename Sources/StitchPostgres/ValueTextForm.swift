// SPDX-License-Identifier: Apache-2.0

import Foundation

extension PostgresValue.Content {
    /// The value as Postgres reads it as text, whichever type it is for; `nil` for NULL.
    var textForm: String? {
        switch self {
        case .null: nil
        case .text(let text): text
        case .integer(let number): String(number)
        case .unsigned(let number): String(number)
        // The shortest digits that give the same number again; `inf` and `nan` are the server's words too.
        case .double(let number): number.description
        case .float(let number): number.description
        case .bool(let isTrue): isTrue ? "true" : "false"
        case .uuid(let id): id.uuidString
        case .instant(let microseconds): Self.instant(microseconds)
        case .bytes(let bytes): "\\x" + bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        case .integers(let numbers): "{" + numbers.map { String($0) }.joined(separator: ",") + "}"
        case .array(let elements): "{" + elements.map(\.arrayElement).joined(separator: ",") + "}"
        }
    }

    /// The text form in quotes, so that it can't be anything but one element.
    private var arrayElement: String {
        guard let text = textForm else { return "NULL" }
        if case .array = self { return text }
        if case .integers = self { return text }
        // By scalar, because a quote may carry a combining mark.
        var quoted = "\""
        for scalar in text.unicodeScalars {
            if scalar == "\"" || scalar == "\\" { quoted += "\\" }
            quoted.unicodeScalars.append(scalar)
        }
        return quoted + "\""
    }

    private static func instant(_ microseconds: Int64) -> String {
        if microseconds == .max { return "infinity" }
        if microseconds == .min { return "-infinity" }
        let (seconds, rest) = microseconds.quotientAndRemainder(dividingBy: 1_000_000)
        let wholeSeconds = rest < 0 ? seconds - 1 : seconds
        let fraction = String(rest < 0 ? rest + 1_000_000 : rest)
        let instant = Date(timeIntervalSince1970: Double(wholeSeconds) + PostgresInstant.epoch).ISO8601Format()
        return "\(instant.dropLast()).\(String(repeating: "0", count: 6 - fraction.count))\(fraction)Z"
    }
}
