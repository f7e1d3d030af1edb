// SPDX-License-Identifier: Apache-2.0

import CStitchLibpq

/// One value of a row, in Postgres' binary form, read where it lies.
public struct PostgresCellReader: ~Copyable {
    /// The object id of the column's type, such as 20 for `bigint`.
    public let type: UInt32

    /// The answer that the value belongs to; kept by who lends the reader.
    private let result: OpaquePointer?
    private let start: UnsafeRawPointer?
    private let length: Int
    private let place: Int32
    private let name: String?

    /// Reads a value of an answer; row and column must be within the counts.
    init(_ result: OpaquePointer, row: Int32, column: Int32) {
        self.result = result
        type = PQftype(result, column)
        length = Int(PQgetlength(result, row, column))
        let isNull = length == 0 && PQgetisnull(result, row, column) != 0
        // An empty value has an address too.
        start = isNull ? nil : UnsafeRawPointer(PQgetvalue(result, row, column))
        place = column
        name = nil
    }

    /// Reads bytes that belong to somebody else, who keeps them until the reader has gone.
    init(_ name: String, type: UInt32, bytes: UnsafeRawBufferPointer?) {
        result = nil
        self.type = type
        start = bytes.map { $0.baseAddress ?? UnsafeRawPointer(bitPattern: 1) } ?? nil
        length = bytes?.count ?? 0
        place = 0
        self.name = name
    }

    /// Whether it is NULL.
    public var isNull: Bool { start == nil }

    /// The column's name.
    public var column: String {
        if let name { return name }
        return result.flatMap { PQfname($0, place) }.map { String(cString: $0) } ?? ""
    }

    /// A copy that may be kept.
    public var copy: PostgresCell {
        PostgresCell(
            column: column,
            type: type,
            bytes: start.map { Array(UnsafeRawBufferPointer(start: $0, count: length)) }
        )
    }

    /// Lends the bytes; `nil` for NULL.
    ///
    /// - Parameter body: Gets the bytes, which are gone after it has returned.
    /// - Returns: What `body` returns.
    /// - Throws: What `body` throws.
    public borrowing func withBytes<Value, Failure: Error>(
        _ body: (UnsafeRawBufferPointer?) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        try body(start.map { UnsafeRawBufferPointer(start: $0, count: length) })
    }

    /// The bytes of a value that must not be NULL; they are there as long as the reader is.
    func required<Wanted>(as wanted: Wanted.Type) throws(PostgresError) -> UnsafeRawBufferPointer {
        guard let start else {
            throw PostgresError(
                .decodingFailed,
                "Column \(column) is NULL, which \(wanted) cannot hold; decode it as \(wanted)?"
            )
        }
        return UnsafeRawBufferPointer(start: start, count: length)
    }

    func mismatch<Wanted>(_ wanted: Wanted.Type) -> PostgresError {
        PostgresError(
            .decodingFailed,
            "Column \(column) is of type \(PostgresType.name(of: type)), which does not decode as \(wanted); "
                + "decode it as another type or cast it in the statement, such as \(column)::text"
        )
    }
}
