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
    private let result: PostgresResult
    private let index: Int

    init(_ result: PostgresResult, index: Int) {
        self.result = result
        self.index = index
    }

    /// How many columns the row has.
    public var count: Int { result.columnCount }

    /// The value of a column by name; of the first, if several have the name.
    ///
    /// - Throws: ``PostgresError/Code/decodingFailed`` if there is no such column.
    public func cell(_ column: String) throws(PostgresError) -> PostgresCell {
        guard let place = result.index(of: column) else {
            throw PostgresError(.decodingFailed, "The answer has no column named \(column)")
        }
        return result.cell(row: index, column: place)
    }

    /// Decodes a column by name.
    ///
    /// - Throws: ``PostgresError/Code/decodingFailed`` if there is no such column, or if it holds something else.
    public func decode<Value: PostgresDecodable>(
        _ column: String,
        as type: Value.Type = Value.self
    ) throws(PostgresError) -> Value {
        try Value(cell(column))
    }

    /// Decodes a column by its place, from 0.
    ///
    /// - Throws: ``PostgresError/Code/decodingFailed`` if there is no such column, or if it holds something else.
    public func decode<Value: PostgresDecodable>(
        _ column: Int,
        as type: Value.Type = Value.self
    ) throws(PostgresError) -> Value {
        guard (0..<count).contains(column) else {
            throw PostgresError(.decodingFailed, "The answer has \(count) columns, so there is no column \(column)")
        }
        return try Value(result.cell(row: index, column: column))
    }
}
