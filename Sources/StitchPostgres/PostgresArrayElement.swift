// SPDX-License-Identifier: Apache-2.0

/// What can be an element of an array that is a parameter.
///
/// An array of bytes is a `bytea`, all others are SQL arrays.
public protocol PostgresArrayElement {
    /// The whole array as it goes to the server.
    static func postgresValue(of elements: [Self]) -> PostgresValue
}

extension Array: PostgresEncodable where Element: PostgresArrayElement {
    /// A `bytea` for bytes, else an SQL array.
    public var postgresValue: PostgresValue { Element.postgresValue(of: self) }
}

extension UInt8: PostgresArrayElement {
    /// A `bytea`.
    public static func postgresValue(of elements: [UInt8]) -> PostgresValue { .bytes(elements) }
}

extension PostgresArrayElement where Self: FixedWidthInteger {
    /// An SQL array of numbers.
    public static func postgresValue(of elements: [Self]) -> PostgresValue {
        .text("{" + elements.map { String($0) }.joined(separator: ",") + "}")
    }
}

extension Int: PostgresArrayElement {}
extension Int64: PostgresArrayElement {}

extension String: PostgresArrayElement {
    /// An SQL array of texts, each in quotes.
    public static func postgresValue(of elements: [String]) -> PostgresValue {
        // By scalar, because a quote may carry a combining mark.
        let quoted = elements.map { element in
            var text = "\""
            for scalar in element.unicodeScalars {
                if scalar == "\"" || scalar == "\\" { text += "\\" }
                text.unicodeScalars.append(scalar)
            }
            return text + "\""
        }
        return .text("{" + quoted.joined(separator: ",") + "}")
    }
}
