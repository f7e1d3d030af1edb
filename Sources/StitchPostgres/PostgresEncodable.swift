// SPDX-License-Identifier: Apache-2.0

public import Foundation

/// What can be a parameter of a statement.
///
/// `$1` takes the type that its place asks for: an `Int` fits `integer`, `bigint` and `numeric`, a `String` fits `text`,
/// `jsonb` and `timestamptz`. Where the place tells nothing, say it in SQL: `$1::bigint`. Bytes are a `bytea` everywhere.
public protocol PostgresEncodable {
    /// The value as it goes to the server.
    var postgresValue: PostgresValue { get }
}

extension PostgresEncodable where Self: FixedWidthInteger & SignedInteger {
    /// The number.
    public var postgresValue: PostgresValue { PostgresValue(content: .integer(Int64(self))) }
}

extension Int: PostgresEncodable {}
extension Int16: PostgresEncodable {}
extension Int32: PostgresEncodable {}
extension Int64: PostgresEncodable {}

extension UInt32: PostgresEncodable {
    /// The number.
    public var postgresValue: PostgresValue { PostgresValue(content: .integer(Int64(self))) }
}

extension UInt64: PostgresEncodable {
    /// The number: an `xid8`, or what of other types can hold it.
    public var postgresValue: PostgresValue { PostgresValue(content: .unsigned(self)) }
}

extension Double: PostgresEncodable {
    /// The number.
    public var postgresValue: PostgresValue { PostgresValue(content: .double(self)) }
}

extension Float: PostgresEncodable {
    /// The number, as its shortest decimal digits say it: `Float(0.1)` is 0.1 in a `double precision` too.
    public var postgresValue: PostgresValue { PostgresValue(content: .float(self)) }
}

extension Bool: PostgresEncodable {
    /// True or false.
    public var postgresValue: PostgresValue { PostgresValue(content: .bool(self)) }
}

extension String: PostgresEncodable {
    /// The text itself.
    public var postgresValue: PostgresValue { .text(self) }
}

extension UUID: PostgresEncodable {
    /// The identifier.
    public var postgresValue: PostgresValue { PostgresValue(content: .uuid(self)) }
}

extension Data: PostgresEncodable {
    /// A `bytea`.
    public var postgresValue: PostgresValue { .bytes([UInt8](self)) }
}

extension Date: PostgresEncodable {
    /// The instant, to the microsecond; what lies further away than 100,000 years is Postgres' `infinity`.
    public var postgresValue: PostgresValue { PostgresInstant(self).postgresValue }
}

extension Optional: PostgresEncodable where Wrapped: PostgresEncodable {
    /// NULL for `nil`.
    public var postgresValue: PostgresValue { self?.postgresValue ?? .null }
}

extension PostgresValue: PostgresEncodable {
    /// Itself.
    public var postgresValue: PostgresValue { self }
}
