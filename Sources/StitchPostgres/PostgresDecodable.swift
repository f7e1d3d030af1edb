// SPDX-License-Identifier: Apache-2.0

public import Foundation

/// What a column of a row can be decoded as.
public protocol PostgresDecodable {
    /// Decodes a value.
    ///
    /// - Throws: ``PostgresError`` with ``PostgresError/Code/decodingFailed`` if the column's type or value doesn't fit.
    init(_ cell: PostgresCell) throws(PostgresError)
}

extension PostgresDecodable where Self: FixedWidthInteger {
    /// Decodes `smallint`, `integer`, `bigint` and `oid`.
    public init(_ cell: PostgresCell) throws(PostgresError) {
        let bytes = try cell.required(as: "\(Self.self)")
        let wide: Int64? =
            switch (cell.type, bytes.count) {
            case (PostgresType.int2, 2): Int64(Int16(bigEndianBytes: bytes))
            case (PostgresType.int4, 4): Int64(Int32(bigEndianBytes: bytes))
            case (PostgresType.oid, 4): Int64(UInt32(bigEndianBytes: bytes))
            case (PostgresType.int8, 8): Int64(bigEndianBytes: bytes)
            default: nil
            }
        guard let wide else { throw cell.mismatch("\(Self.self)") }
        guard let value = Self(exactly: wide) else {
            throw PostgresError(.decodingFailed, "Column \(cell.column) holds a number too large for \(Self.self)")
        }
        self = value
    }
}

extension Int: PostgresDecodable {}
extension Int16: PostgresDecodable {}
extension Int32: PostgresDecodable {}
extension Int64: PostgresDecodable {}
extension UInt32: PostgresDecodable {}

extension Double: PostgresDecodable {
    /// Decodes `real` and `double precision`; cast `numeric` in the statement.
    public init(_ cell: PostgresCell) throws(PostgresError) {
        let bytes = try cell.required(as: "Double")
        switch (cell.type, bytes.count) {
        case (PostgresType.float8, 8): self = Double(bitPattern: UInt64(bigEndianBytes: bytes))
        case (PostgresType.float4, 4): self = Double(Float(bitPattern: UInt32(bigEndianBytes: bytes)))
        default: throw cell.mismatch("Double")
        }
    }
}

extension Bool: PostgresDecodable {
    /// Decodes `boolean`.
    public init(_ cell: PostgresCell) throws(PostgresError) {
        let bytes = try cell.required(as: "Bool")
        guard cell.type == PostgresType.bool, bytes.count == 1 else { throw cell.mismatch("Bool") }
        self = bytes[0] != 0
    }
}

extension String: PostgresDecodable {
    /// Decodes text, `json`, `jsonb`, `uuid`, enumerations.
    public init(_ cell: PostgresCell) throws(PostgresError) {
        let bytes = try cell.required(as: "String")
        let text: String? =
            switch cell.type {
            case let type where PostgresType.texts.contains(type) || type >= PostgresType.firstUserDefined:
                String(validating: bytes, as: UTF8.self)
            case PostgresType.jsonb where bytes.first == 1:  // The version of the format.
                String(validating: bytes.dropFirst(), as: UTF8.self)
            case PostgresType.uuid where bytes.count == 16:
                try UUID(cell).uuidString.lowercased()
            default: nil
            }
        guard let text else { throw cell.mismatch("String") }
        self = text
    }
}

extension UUID: PostgresDecodable {
    /// Decodes `uuid`.
    public init(_ cell: PostgresCell) throws(PostgresError) {
        let bytes = try cell.required(as: "UUID")
        guard cell.type == PostgresType.uuid, bytes.count == 16 else { throw cell.mismatch("UUID") }
        self = bytes.withUnsafeBytes { UUID(uuid: $0.loadUnaligned(as: uuid_t.self)) }
    }
}

extension Date: PostgresDecodable {
    /// Decodes `timestamptz`.
    public init(_ cell: PostgresCell) throws(PostgresError) {
        let bytes = try cell.required(as: "Date")
        guard cell.type == PostgresType.timestamptz, bytes.count == 8 else { throw cell.mismatch("Date") }
        switch Int64(bigEndianBytes: bytes) {
        case .max: self = .distantFuture
        case .min: self = .distantPast
        // Microseconds since 2000-01-01 UTC.
        case let microseconds: self = Date(timeIntervalSince1970: 946_684_800 + Double(microseconds) / 1e6)
        }
    }
}

extension Array: PostgresDecodable where Element == UInt8 {
    /// Decodes `bytea`.
    public init(_ cell: PostgresCell) throws(PostgresError) {
        let bytes = try cell.required(as: "[UInt8]")
        guard cell.type == PostgresType.bytea else { throw cell.mismatch("[UInt8]") }
        self = bytes
    }
}

extension Optional: PostgresDecodable where Wrapped: PostgresDecodable {
    /// `nil` for NULL.
    public init(_ cell: PostgresCell) throws(PostgresError) {
        self = cell.bytes == nil ? nil : try Wrapped(cell)
    }
}

extension FixedWidthInteger {
    /// The number whose bytes, most significant first, these are; exactly as many as it has.
    fileprivate init(bigEndianBytes bytes: [UInt8]) {
        self = bytes.reduce(0) { ($0 << 8) | Self(truncatingIfNeeded: $1) }
    }
}
