// SPDX-License-Identifier: Apache-2.0

/// One row of a statement's answer.
///
/// A value that may be kept and shared; it keeps the whole answer in memory as long as one of its rows is alive.
///
/// ```swift
/// let total = try row.decode("total", as: Double.self)
/// let note: String? = try row.decode("note")
/// ```
public struct PostgresRow: Sendable {
    private let result: ResultHandle
    private let index: Int32

    init(_ result: ResultHandle, index: Int) {
        self.result = result
        self.index = Int32(truncatingIfNeeded: index)
    }

    /// How many columns the row has.
    public var count: Int { result.columnCount }

    /// The value of a column by name; of the first, if several have the name.
    ///
    /// - Throws: ``PostgresError/Code/decodingFailed`` if there is no such column.
    public func cell(_ column: String) throws(PostgresError) -> PostgresCell {
        try read { row throws(PostgresError) in try row.cell(column).copy() }
    }

    /// Decodes a column by name.
    ///
    /// - Throws: ``PostgresError/Code/decodingFailed`` if there is no such column, or if it holds something else.
    public func decode<Value: PostgresDecodable>(
        _ column: String,
        as type: Value.Type = Value.self
    ) throws(PostgresError) -> Value {
        try read { row throws(PostgresError) in try row.decode(column) }
    }

    /// Decodes a column by its place, from 0.
    ///
    /// - Throws: ``PostgresError/Code/decodingFailed`` if there is no such column, or if it holds something else.
    public func decode<Value: PostgresDecodable>(
        _ column: Int,
        as type: Value.Type = Value.self
    ) throws(PostgresError) -> Value {
        try read { row throws(PostgresError) in try row.decode(column) }
    }

    private func read<Value>(
        _ body: (borrowing PostgresRowReader) throws(PostgresError) -> Value
    ) throws(PostgresError) -> Value {
        try withExtendedLifetime(result) { () throws(PostgresError) in
            try body(PostgresRowReader(result.pointer, row: index, types: result.columnTypes))
        }
    }
}
