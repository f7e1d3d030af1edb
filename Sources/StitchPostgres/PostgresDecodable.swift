// SPDX-License-Identifier: Apache-2.0

public import Foundation

/// What a column of a row can be decoded as.
///
/// A type of your own needs ``init(_:)`` only; with ``init(reading:)`` it is decoded without a copy.
public protocol PostgresDecodable {
    /// Decodes a value.
    ///
    /// - Throws: ``PostgresError`` with ``PostgresError/Code/decodingFailed`` if the column's type or value doesn't fit.
    init(_ cell: PostgresCell) throws(PostgresError)

    /// Decodes a value where it lies.
    ///
    /// - Throws: ``PostgresError`` with ``PostgresError/Code/decodingFailed`` if the column's type or value doesn't fit.
    init(reading cell: borrowing PostgresCellReader) throws(PostgresError)
}

extension PostgresDecodable {
    /// Decodes a copy of the value.
    public init(reading cell: borrowing PostgresCellReader) throws(PostgresError) { try self.init(cell.copy()) }
}

extension PostgresDecodable where Self: FixedWidthInteger {
    /// Decodes `smallint`, `integer`, `bigint`, `oid` and `xid8`.
    public init(reading cell: borrowing PostgresCellReader) throws(PostgresError) {
        let bytes = try cell.required("\(Self.self)")
        let value: Self?
        switch (cell.type, bytes.count) {
        case (PostgresType.int8, 8): value = Self(exactly: bytes.bigEndian(Int64.self))
        case (PostgresType.int4, 4): value = Self(exactly: bytes.bigEndian(Int32.self))
        case (PostgresType.int2, 2): value = Self(exactly: bytes.bigEndian(Int16.self))
        case (PostgresType.oid, 4): value = Self(exactly: bytes.bigEndian(UInt32.self))
        case (PostgresType.xid8, 8): value = Self(exactly: bytes.bigEndian(UInt64.self))
        default: throw cell.mismatch("\(Self.self)")
        }
        guard let value else {
            throw PostgresError(
                .decodingFailed,
                "Column \(cell.column) holds a number that \(Self.self) cannot hold; decode it as a wider type"
            )
        }
        self = value
    }

    /// Decodes `smallint`, `integer`, `bigint`, `oid` and `xid8`.
    public init(_ cell: PostgresCell) throws(PostgresError) {
        self = try cell.read { reader throws(PostgresError) in try Self(reading: reader) }
    }
}

extension Int: PostgresDecodable {}
extension Int16: PostgresDecodable {}
extension Int32: PostgresDecodable {}
extension Int64: PostgresDecodable {}
extension UInt32: PostgresDecodable {}
extension UInt64: PostgresDecodable {}

extension Double: PostgresDecodable {
    /// Decodes `real` and `double precision`; cast `numeric` in the statement.
    public init(reading cell: borrowing PostgresCellReader) throws(PostgresError) {
        let bytes = try cell.required("\(Self.self)")
        switch (cell.type, bytes.count) {
        case (PostgresType.float8, 8): self = Double(bitPattern: bytes.bigEndian(UInt64.self))
        case (PostgresType.float4, 4): self = Double(Float(bitPattern: bytes.bigEndian(UInt32.self)))
        default: throw cell.mismatch("\(Self.self)")
        }
    }

    /// Decodes `real` and `double precision`; cast `numeric` in the statement.
    public init(_ cell: PostgresCell) throws(PostgresError) {
        self = try cell.read { reader throws(PostgresError) in try Self(reading: reader) }
    }
}

extension Bool: PostgresDecodable {
    /// Decodes `boolean`.
    public init(reading cell: borrowing PostgresCellReader) throws(PostgresError) {
        let bytes = try cell.required("\(Self.self)")
        guard cell.type == PostgresType.bool, bytes.count == 1 else { throw cell.mismatch("\(Self.self)") }
        self = bytes[0] != 0
    }

    /// Decodes `boolean`.
    public init(_ cell: PostgresCell) throws(PostgresError) {
        self = try cell.read { reader throws(PostgresError) in try Self(reading: reader) }
    }
}

extension String: PostgresDecodable {
    /// Decodes text, `json`, `jsonb`, `uuid`, enumerations, and other types of a database's own whose binary form is their
    /// text, such as `citext`; of those that look otherwise, such as composite ones, cast to text in the statement.
    public init(reading cell: borrowing PostgresCellReader) throws(PostgresError) {
        let bytes = try cell.required("\(Self.self)")
        let text: String?
        switch cell.type {
        case let type where PostgresType.isText(type):
            text = cell.text
        case let type where type >= PostgresType.firstUserDefined:
            guard let own = Self.text(ofOwnType: bytes) else { throw cell.mismatch("\(Self.self)") }
            text = own
        case PostgresType.jsonb where bytes.first == 1:  // The version of the format.
            text = String(validating: bytes.dropFirst(), as: UTF8.self)
        case PostgresType.uuid where bytes.count == 16:
            text = UUID(uuid: bytes.loadUnaligned(as: uuid_t.self)).uuidString.lowercased()
        default: throw cell.mismatch("\(Self.self)")
        }
        guard let text else {
            throw PostgresError(
                .decodingFailed,
                "Column \(cell.column) holds bytes that are not UTF-8; decode it as [UInt8] after a cast in the statement, "
                    + "such as convert_to(\(cell.column), 'UTF8')"
            )
        }
        self = text
    }

    /// Decodes text, `json`, `jsonb`, `uuid`, enumerations, and other types of a database's own whose binary form is their
    /// text, such as `citext`; of those that look otherwise, such as composite ones, cast to text in the statement.
    public init(_ cell: PostgresCell) throws(PostgresError) {
        self = try cell.read { reader throws(PostgresError) in try Self(reading: reader) }
    }

    /// The text that a value of a database's own type is in binary form; `nil` for what shows that it is none.
    ///
    /// Binary forms have counts and lengths, and so NULs, or begin with the number of a version or with flags.
    private static func text(ofOwnType bytes: UnsafeRawBufferPointer) -> String? {
        if let first = bytes.first, first < 0x20, first != 9, first != 10, first != 13 { return nil }
        return bytes.contains(0) ? nil : String(validating: bytes, as: UTF8.self)
    }
}

extension UUID: PostgresDecodable {
    /// Decodes `uuid`.
    public init(reading cell: borrowing PostgresCellReader) throws(PostgresError) {
        let bytes = try cell.required("\(Self.self)")
        guard cell.type == PostgresType.uuid, bytes.count == 16 else { throw cell.mismatch("\(Self.self)") }
        self = UUID(uuid: bytes.loadUnaligned(as: uuid_t.self))
    }

    /// Decodes `uuid`.
    public init(_ cell: PostgresCell) throws(PostgresError) {
        self = try cell.read { reader throws(PostgresError) in try Self(reading: reader) }
    }
}

extension Data: PostgresDecodable {
    /// Decodes `bytea`.
    public init(reading cell: borrowing PostgresCellReader) throws(PostgresError) {
        let bytes = try cell.required("\(Self.self)")
        guard cell.type == PostgresType.bytea else { throw cell.mismatch("\(Self.self)") }
        self.init(bytes)
    }

    /// Decodes `bytea`.
    public init(_ cell: PostgresCell) throws(PostgresError) {
        self = try cell.read { reader throws(PostgresError) in try Self(reading: reader) }
    }
}

extension PostgresInstant: PostgresDecodable {
    /// Decodes `timestamptz`.
    public init(reading cell: borrowing PostgresCellReader) throws(PostgresError) {
        let bytes = try cell.required("\(Self.self)")
        guard cell.type == PostgresType.timestamptz, bytes.count == 8 else { throw cell.mismatch("\(Self.self)") }
        self = PostgresInstant(microseconds: bytes.bigEndian(Int64.self))
    }

    /// Decodes `timestamptz`.
    public init(_ cell: PostgresCell) throws(PostgresError) {
        self = try cell.read { reader throws(PostgresError) in try Self(reading: reader) }
    }
}

extension Date: PostgresDecodable {
    /// Decodes `timestamptz`.
    public init(reading cell: borrowing PostgresCellReader) throws(PostgresError) {
        self = try PostgresInstant(reading: cell).date
    }

    /// Decodes `timestamptz`.
    public init(_ cell: PostgresCell) throws(PostgresError) { self = try PostgresInstant(cell).date }
}

extension Optional: PostgresDecodable where Wrapped: PostgresDecodable {
    /// `nil` for NULL.
    @inlinable
    public init(reading cell: borrowing PostgresCellReader) throws(PostgresError) {
        self = cell.isNull ? nil : try Wrapped(reading: cell)
    }

    /// `nil` for NULL.
    public init(_ cell: PostgresCell) throws(PostgresError) {
        self = cell.bytes == nil ? nil : try Wrapped(cell)
    }
}

extension UnsafeRawBufferPointer {
    /// The number that the first bytes are, most significant first; there must be enough of them.
    @inline(__always)
    func bigEndian<Number: FixedWidthInteger & BitwiseCopyable>(_ type: Number.Type) -> Number {
        Number(bigEndian: loadUnaligned(as: type))
    }
}
