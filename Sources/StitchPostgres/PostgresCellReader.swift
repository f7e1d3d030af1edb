// SPDX-License-Identifier: Apache-2.0

import CStitchLibpq

/// One value of a row, in Postgres' binary form, read where it lies.
public struct PostgresCellReader: ~Copyable {
    // Nothing in here is counted as a reference: who lends the reader keeps what it points to.
    private let start: UnsafeRawPointer?
    private let length: Int32

    /// The object id of the column's type, such as 20 for `bigint`.
    public let type: UInt32

    /// The answer that the value belongs to, or else the column's name.
    private let result: OpaquePointer?
    private let name: UnsafePointer<CChar>?
    private let place: Int32
    /// Whether a NUL follows the value.
    private let isTerminated: Bool

    private static let null: Int32 = -1
    private static let missing: Int32 = -2

    /// Reads a value of an answer.
    ///
    /// The row must be within the count. A column that isn't there gives an error when it is decoded.
    @inline(__always)
    init(_ result: OpaquePointer, row: Int32, column: Int, types: UnsafeBufferPointer<UInt32>) {
        self.result = result
        isTerminated = true
        name = nil
        place = Int32(truncatingIfNeeded: column)
        guard types.indices.contains(column) else {
            (start, type, length) = (nil, 0, Self.missing)
            return
        }
        type = types[column]
        let length = PQgetlength(result, row, place)
        if length == 0, PQgetisnull(result, row, place) != 0 {
            (start, self.length) = (nil, Self.null)
        } else {
            // An empty value has an address too.
            start = UnsafeRawPointer(PQgetvalue(result, row, place))
            self.length = length
        }
    }

    /// Reads bytes that belong to somebody else; `nil` for NULL.
    init(_ name: UnsafePointer<CChar>, type: UInt32, bytes: UnsafeRawBufferPointer?) {
        (result, self.name, place, isTerminated) = (nil, name, 0, false)
        self.type = type
        (start, length) = Self.parts(of: bytes)
    }

    /// Reads an element of the array that a cell is; `nil` for NULL.
    init(element bytes: UnsafeRawBufferPointer?, of array: borrowing PostgresCellReader, type: UInt32) {
        (result, name, place, isTerminated) = (array.result, array.name, array.place, false)
        self.type = type
        (start, length) = Self.parts(of: bytes)
    }

    private static func parts(of bytes: UnsafeRawBufferPointer?) -> (UnsafeRawPointer?, Int32) {
        guard let bytes else { return (nil, null) }
        return (bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 1), Int32(clamping: bytes.count))
    }

    /// The bytes as text; `nil` if they are none.
    ///
    /// The value must not be NULL.
    var text: String? {
        // libpq ends each value with a NUL, and this way is the quickest to a text that is known to be one.
        if isTerminated, let start {
            let text = String(validatingCString: start.assumingMemoryBound(to: CChar.self))
            if let text, text.utf8.count == Int(length) { return text }
        }
        return String(validating: UnsafeRawBufferPointer(start: start, count: Int(length)), as: UTF8.self)
    }

    /// Whether it is NULL.
    public var isNull: Bool { length == -1 }

    /// The column's name.
    public var column: String {
        if let name { return String(cString: name) }
        return result.flatMap { PQfname($0, place) }.map { String(cString: $0) } ?? ""
    }

    /// A copy that may be kept.
    ///
    /// - Throws: ``PostgresError/Code/decodingFailed`` if there is no such column.
    public func copy() throws(PostgresError) -> PostgresCell {
        let bytes = isNull ? nil : Array(try required("PostgresCell"))
        return PostgresCell(column: column, type: type, bytes: bytes)
    }

    /// Lends the bytes; `nil` for NULL.
    ///
    /// - Parameter body: Gets the bytes, which are gone after it has returned.
    /// - Returns: What `body` returns.
    /// - Throws: What `body` throws.
    public borrowing func withBytes<Value, Failure: Error>(
        _ body: (UnsafeRawBufferPointer?) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        try body(start.map { UnsafeRawBufferPointer(start: $0, count: Int(length)) })
    }

    /// The bytes of a value that must not be NULL; they are there as long as the reader is.
    @inline(__always)
    func required(_ wanted: @autoclosure () -> String) throws(PostgresError) -> UnsafeRawBufferPointer {
        guard length >= 0 else { throw absence(wanted()) }
        return UnsafeRawBufferPointer(start: start, count: Int(length))
    }

    @inline(never)
    private func absence(_ wanted: String) -> PostgresError {
        if length == Self.missing {
            let count = result.map { PQnfields($0) } ?? 0
            return PostgresError(.decodingFailed, "The answer has \(count) columns, so there is no column \(place)")
        }
        return PostgresError(
            .decodingFailed,
            "Column \(column) is NULL, which \(wanted) cannot hold; decode it as \(wanted)?"
        )
    }

    @inline(never)
    func mismatch(_ wanted: String) -> PostgresError {
        PostgresError(
            .decodingFailed,
            "Column \(column) is of type \(PostgresType.name(of: type)), which does not decode as \(wanted); "
                + "decode it as another type or cast it in the statement, such as \(column)::text"
        )
    }
}
