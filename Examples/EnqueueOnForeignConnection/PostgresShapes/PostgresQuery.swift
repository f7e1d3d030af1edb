// SPDX-License-Identifier: Apache-2.0

import StitchPostgres

/// Bytes.
public struct ByteBuffer: Sendable {
    let bytes: [UInt8]

    /// A buffer with these bytes.
    public init(bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }
}

/// A value that a statement can have.
public protocol PostgresDynamicTypeEncodable: Sendable {}

extension String: PostgresDynamicTypeEncodable {}
extension Int: PostgresDynamicTypeEncodable {}
extension ByteBuffer: PostgresDynamicTypeEncodable {}

/// The values of a statement.
public struct PostgresBindings: Sendable {
    var values: [any PostgresEncodable & Sendable] = []

    /// No values yet.
    public init(capacity: Int = 0) { values.reserveCapacity(capacity) }

    /// Adds NULL.
    public mutating func appendNull() { values.append(String?.none) }

    /// Adds a value.
    public mutating func append(_ value: some PostgresDynamicTypeEncodable) {
        switch value {
        case let text as String: values.append(text)
        case let number as Int: values.append(number)
        case let buffer as ByteBuffer: values.append(buffer.bytes)
        default: appendNull()
        }
    }
}

/// A statement with its values.
public struct PostgresQuery: Sendable, ExpressibleByStringInterpolation {
    /// The statement.
    public var sql: String
    /// Its values.
    public var binds: PostgresBindings

    /// A statement that is taken as it is.
    public init(unsafeSQL sql: String, binds: PostgresBindings = PostgresBindings()) {
        self.sql = sql
        self.binds = binds
    }

    /// A statement without values.
    public init(stringLiteral value: String) { self.init(unsafeSQL: value) }

    /// A statement whose values stand in its text.
    public init(stringInterpolation: StringInterpolation) {
        self.init(unsafeSQL: stringInterpolation.sql, binds: stringInterpolation.binds)
    }

    /// A text with values between its parts.
    public struct StringInterpolation: StringInterpolationProtocol {
        var sql = ""
        var binds = PostgresBindings()

        /// An empty text.
        public init(literalCapacity: Int, interpolationCount: Int) {}

        /// Adds what is SQL.
        public mutating func appendLiteral(_ literal: String) { sql += literal }

        /// Adds a value, and its number to the text.
        public mutating func appendInterpolation(_ value: some PostgresDynamicTypeEncodable) {
            binds.append(value)
            sql += "$\(binds.values.count)"
        }
    }
}
