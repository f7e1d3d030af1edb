// SPDX-License-Identifier: Apache-2.0

/// What the server answered to one statement, in memory.
///
/// A value that may be kept and shared. Its rows are read in place: that is the quickest way to turn many rows into values.
///
/// ```swift
/// let result = try await database.fetch("SELECT id, total FROM orders WHERE customer = $1", 7)
/// let orders = try result.map { row throws(PostgresError) in
///     Order(id: try row.decode(0), total: try row.decode(1))
/// }
/// ```
public struct PostgresResult: Sendable {
    @usableFromInline let handle: ResultHandle?

    /// How many rows came.
    public let count: Int

    /// An answer; `nil` for that to an empty statement.
    init(_ handle: ResultHandle?) {
        self.handle = handle
        count = handle?.rowCount ?? 0
    }

    /// How many rows the statement changed or returned; 0 for those that deal with none.
    public var affectedRows: Int { handle?.affectedRows ?? 0 }

    /// The command that was carried out, such as `INSERT 0 1`.
    public var command: String { handle?.command ?? "" }

    /// How many columns each row has.
    public var columnCount: Int { handle?.columnCount ?? 0 }

    /// The rows as values of their own; they keep the whole answer in memory as long as one of them is alive.
    public var rows: [PostgresRow] {
        guard let handle else { return [] }
        return (0..<count).map { PostgresRow(handle, index: $0) }
    }

    /// The place of a column, from 0; of the first, if several have the name.
    ///
    /// - Throws: ``PostgresError/Code/decodingFailed`` if there is no such column.
    public func column(_ name: String) throws(PostgresError) -> Int {
        guard let place = handle.flatMap({ ResultHandle.index(of: name, in: $0.pointer) }) else {
            throw PostgresError(.decodingFailed, "The answer has no column named \(name)")
        }
        return place
    }

    /// Turns each row into a value, reading it in place.
    ///
    /// - Parameter body: Gets each row, in the order of the answer; the row can't be kept.
    /// - Returns: The values.
    /// - Throws: What `body` throws.
    @inlinable
    public func map<Value, Failure: Error>(
        _ body: (borrowing PostgresRowReader) throws(Failure) -> Value
    ) throws(Failure) -> [Value] {
        var values: [Value] = []
        values.reserveCapacity(count)
        try forEach { row throws(Failure) in values.append(try body(row)) }
        return values
    }

    /// Reads each row in place.
    ///
    /// - Parameter body: Gets each row, in the order of the answer; the row can't be kept.
    /// - Throws: What `body` throws.
    @inlinable
    public func forEach<Failure: Error>(
        _ body: (borrowing PostgresRowReader) throws(Failure) -> Void
    ) throws(Failure) {
        guard let handle else { return }
        try withExtendedLifetime(handle) { () throws(Failure) in
            var row = PostgresRowReader(handle.pointer, row: 0, types: handle.columnTypes)
            while row.index < count {
                try body(row)
                row.index += 1
            }
        }
    }
}
