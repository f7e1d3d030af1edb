// SPDX-License-Identifier: Apache-2.0

public import Foundation

/// What can be a parameter of a statement.
///
/// Numbers, text, booleans, dates and identifiers are sent as text without a type, so that `$1` takes the type that its
/// place asks for: an `Int` fits `integer`, `bigint` and `numeric`, a `String` fits `text`, `jsonb` and `timestamptz`.
/// Where the place tells nothing, say it in SQL: `$1::bigint`.
public protocol PostgresEncodable {
    /// The value as it goes to the server.
    var postgresValue: PostgresValue { get }
}

extension PostgresEncodable where Self: FixedWidthInteger {
    /// The decimal digits.
    public var postgresValue: PostgresValue { .text(String(self)) }
}

extension Int: PostgresEncodable {}
extension Int16: PostgresEncodable {}
extension Int32: PostgresEncodable {}
extension Int64: PostgresEncodable {}
extension UInt32: PostgresEncodable {}

extension Double: PostgresEncodable {
    /// The shortest digits that give the same number again; `inf` and `nan` are the server's words too.
    public var postgresValue: PostgresValue { .text(description) }
}

extension Float: PostgresEncodable {
    /// The shortest digits that give the same number again.
    public var postgresValue: PostgresValue { .text(description) }
}

extension Bool: PostgresEncodable {
    /// `true` or `false`.
    public var postgresValue: PostgresValue { .text(self ? "true" : "false") }
}

extension String: PostgresEncodable {
    /// The text itself.
    public var postgresValue: PostgresValue { .text(self) }
}

extension UUID: PostgresEncodable {
    /// The hyphenated form.
    public var postgresValue: PostgresValue { .text(uuidString) }
}

extension Date: PostgresEncodable {
    /// The instant in UTC, to the microsecond; what lies further away than 100,000 years is Postgres' `infinity`.
    public var postgresValue: PostgresValue {
        let interval = timeIntervalSince1970
        guard abs(interval) < 100_000 * 365 * 86_400 else { return .text(interval < 0 ? "-infinity" : "infinity") }
        let microseconds = Int64((interval * 1e6).rounded())
        let (seconds, rest) = microseconds.quotientAndRemainder(dividingBy: 1_000_000)
        let wholeSeconds = rest < 0 ? seconds - 1 : seconds
        let fraction = String(rest < 0 ? rest + 1_000_000 : rest)
        let instant = Date(timeIntervalSince1970: Double(wholeSeconds)).ISO8601Format().dropLast()
        return .text("\(instant).\(String(repeating: "0", count: 6 - fraction.count))\(fraction)Z")
    }
}

extension Optional: PostgresEncodable where Wrapped: PostgresEncodable {
    /// NULL for `nil`.
    public var postgresValue: PostgresValue { self?.postgresValue ?? .null }
}
