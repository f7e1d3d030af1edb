// SPDX-License-Identifier: Apache-2.0

import Foundation
import TraceContext

/// The fields of a carrier that have no column of their own, as the JSON object that a row holds them in.
///
/// Nearly always that is the time when the flow began, for which neither way needs a coder.
enum OtherFields {
    /// `{"stitch": "o=…"}` up to the digits, as Postgres writes `jsonb`.
    private static let head: [UInt8] = Array(#"{"\#(StitchField.name)": "o="#.utf8)
    private static let tail: [UInt8] = Array(#""}"#.utf8)

    /// The object that says when a flow began, in milliseconds since 1970.
    static func json(origin milliseconds: Int64) -> String {
        #"{"\#(StitchField.name)": "o=\#(milliseconds)"}"#
    }

    /// When the flow began, if the object says that and no more.
    static func origin(inJSON text: String) -> Int64? {
        var text = text
        return text.withUTF8 { bytes in
            // At most 13 digits: until the year 2286.
            let count = bytes.count - head.count - tail.count
            guard (1...13).contains(count), bytes.starts(with: head), bytes.suffix(tail.count).elementsEqual(tail)
            else { return nil }
            let digits = bytes[head.count..<head.count + count]
            guard digits.first != UInt8(ascii: "0") || count == 1 else { return nil }
            var number: Int64 = 0
            for byte in digits {
                let digit = byte &- UInt8(ascii: "0")
                guard digit < 10 else { return nil }
                number = number * 10 + Int64(digit)
            }
            return number
        }
    }

    /// The object that holds fields.
    static func json(_ fields: [(name: String, value: String)]) -> String? {
        if fields.count == 1, fields[0].name == StitchField.name {
            let text = #"{"\#(StitchField.name)": "\#(fields[0].value)"}"#
            if origin(inJSON: text) != nil { return text }
        }
        let fields = Dictionary(fields.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
        return (try? JSONEncoder().encode(fields)).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The fields that an object holds, by name; none of what is no text, or no object at all.
    static func fields(inJSON text: String) -> [(name: String, value: String)] {
        if let milliseconds = origin(inJSON: text) { return [(StitchField.name, "o=\(milliseconds)")] }
        guard let values = try? JSONDecoder().decode([String: OtherValue].self, from: Data(text.utf8)) else {
            return []
        }
        return values.sorted { $0.key < $1.key }.compactMap { name, value in value.text.map { (name, $0) } }
    }
}

/// A value that should be text and may be anything.
private struct OtherValue: Decodable {
    let text: String?

    init(from decoder: any Decoder) {
        text = try? decoder.singleValueContainer().decode(String.self)
    }
}
