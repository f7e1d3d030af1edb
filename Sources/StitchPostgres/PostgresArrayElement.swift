// SPDX-License-Identifier: Apache-2.0

public import Foundation

/// What can be an element of an array that is a parameter.
///
/// An array of bytes is a `bytea`, all others are SQL arrays of one dimension.
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

extension PostgresArrayElement where Self: FixedWidthInteger & SignedInteger & PostgresEncodable {
    /// An SQL array of numbers.
    public static func postgresValue(of elements: [Self]) -> PostgresValue {
        PostgresValue(content: .integers(elements.map { Int64($0) }))
    }
}

extension Int: PostgresArrayElement {}
extension Int16: PostgresArrayElement {}
extension Int32: PostgresArrayElement {}

extension Int64: PostgresArrayElement {
    /// An SQL array of numbers.
    public static func postgresValue(of elements: [Int64]) -> PostgresValue {
        PostgresValue(content: .integers(elements))
    }
}

extension PostgresArrayElement where Self: PostgresEncodable {
    /// An SQL array, each element in its own form.
    public static func postgresValue(of elements: [Self]) -> PostgresValue {
        PostgresValue(content: .array(elements.map { $0.postgresValue.content }))
    }
}

extension String: PostgresArrayElement {}
extension Bool: PostgresArrayElement {}
extension Double: PostgresArrayElement {}
extension UInt64: PostgresArrayElement {}
extension UUID: PostgresArrayElement {}
extension Data: PostgresArrayElement {}
extension Date: PostgresArrayElement {}
extension PostgresInstant: PostgresArrayElement {}

extension Array: PostgresArrayElement where Element == UInt8 {
    /// An SQL array of `bytea`.
    public static func postgresValue(of elements: [[UInt8]]) -> PostgresValue {
        PostgresValue(content: .array(elements.map { .bytes($0) }))
    }
}

extension Optional: PostgresArrayElement where Wrapped: PostgresArrayElement & PostgresEncodable {
    /// An SQL array in which `nil` is NULL.
    public static func postgresValue(of elements: [Wrapped?]) -> PostgresValue {
        PostgresValue(content: .array(elements.map { $0.postgresValue.content }))
    }
}
