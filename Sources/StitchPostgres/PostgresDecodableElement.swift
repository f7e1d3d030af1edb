// SPDX-License-Identifier: Apache-2.0

public import Foundation

/// What can be an element of an array that is decoded.
///
/// An array of bytes is decoded from a `bytea`, all others from SQL arrays of one dimension.
public protocol PostgresDecodableElement {
    /// Decodes the whole array.
    ///
    /// - Throws: ``PostgresError`` with ``PostgresError/Code/decodingFailed`` if the column's type or value doesn't fit.
    static func postgresArray(reading cell: borrowing PostgresCellReader) throws(PostgresError) -> [Self]
}

extension Array: PostgresDecodable where Element: PostgresDecodableElement {
    /// Decodes a `bytea` as bytes, else an SQL array.
    @inlinable
    public init(reading cell: borrowing PostgresCellReader) throws(PostgresError) {
        self = try Element.postgresArray(reading: cell)
    }

    /// Decodes a `bytea` as bytes, else an SQL array.
    public init(_ cell: PostgresCell) throws(PostgresError) {
        self = try cell.read { reader throws(PostgresError) in try Self(reading: reader) }
    }
}

extension UInt8: PostgresDecodableElement {
    /// The bytes of a `bytea`.
    public static func postgresArray(reading cell: borrowing PostgresCellReader) throws(PostgresError) -> [UInt8] {
        let bytes = try cell.required("[UInt8]")
        guard cell.type == PostgresType.bytea else { throw cell.mismatch("[UInt8]") }
        return Array(bytes)
    }
}

extension PostgresDecodableElement where Self: PostgresDecodable {
    /// The elements of an SQL array of one dimension.
    public static func postgresArray(reading cell: borrowing PostgresCellReader) throws(PostgresError) -> [Self] {
        var rest = try cell.required("\([Self].self)")[...]
        guard let type = PostgresType.element(of: cell.type) else { throw cell.mismatch("\([Self].self)") }
        func number() throws(PostgresError) -> Int {
            guard rest.count >= 4 else { throw cell.mismatch("\([Self].self)") }
            defer { rest = rest.dropFirst(4) }
            return Int(UnsafeRawBufferPointer(rebasing: rest).bigEndian(Int32.self))
        }
        let dimensions = try number()
        guard dimensions <= 1 else { throw cell.mismatch("\([Self].self)") }
        _ = try (number(), number())  // Whether there are NULLs, and the type again.
        guard dimensions == 1 else { return [] }
        let count = try number()
        _ = try number()  // The lower bound.
        var elements: [Self] = []
        // Each takes four bytes or more.
        elements.reserveCapacity(Swift.min(Swift.max(count, 0), rest.count / 4))
        for _ in 0..<Swift.max(count, 0) {
            let length = try number()
            guard length <= rest.count else { throw cell.mismatch("\([Self].self)") }
            let bytes = length < 0 ? nil : UnsafeRawBufferPointer(rebasing: rest.prefix(length))
            elements.append(try Self(reading: PostgresCellReader(element: bytes, of: cell, type: type)))
            rest = rest.dropFirst(Swift.max(length, 0))
        }
        return elements
    }
}

extension Int: PostgresDecodableElement {}
extension Int16: PostgresDecodableElement {}
extension Int32: PostgresDecodableElement {}
extension Int64: PostgresDecodableElement {}
extension UInt64: PostgresDecodableElement {}
extension Double: PostgresDecodableElement {}
extension Bool: PostgresDecodableElement {}
extension String: PostgresDecodableElement {}
extension UUID: PostgresDecodableElement {}
extension Data: PostgresDecodableElement {}
extension Date: PostgresDecodableElement {}
extension PostgresInstant: PostgresDecodableElement {}
extension Array: PostgresDecodableElement where Element == UInt8 {}
extension Optional: PostgresDecodableElement where Wrapped: PostgresDecodableElement & PostgresDecodable {}
