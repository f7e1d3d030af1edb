// SPDX-License-Identifier: Apache-2.0

import CStitchLibpq

/// One row of an answer, read where it lies; lent by ``PostgresResult/map(_:)`` for the time of a closure.
public struct PostgresRowReader: ~Copyable {
    // Not counted as a reference: who lends the row keeps the answer.
    private let result: OpaquePointer
    private let types: UnsafeBufferPointer<UInt32>
    @usableFromInline var index: Int32

    /// Reads a row of an answer, which must be kept for longer than the reader.
    @usableFromInline
    init(_ result: OpaquePointer, row: Int32, types: UnsafeBufferPointer<UInt32>) {
        self.result = result
        self.types = types
        index = row
    }

    /// How many columns the row has.
    public var count: Int { types.count }

    /// Decodes a column by its place, from 0.
    ///
    /// - Throws: ``PostgresError/Code/decodingFailed`` if there is no such column, or if it holds something else.
    @inlinable
    public func decode<Value: PostgresDecodable>(
        _ column: Int,
        as type: Value.Type = Value.self
    ) throws(PostgresError) -> Value {
        try Value(reading: cell(column))
    }

    /// Decodes a column by name; ``PostgresResult/column(_:)`` finds its place once for all rows.
    ///
    /// - Throws: ``PostgresError/Code/decodingFailed`` if there is no such column, or if it holds something else.
    @inlinable
    public func decode<Value: PostgresDecodable>(
        _ column: String,
        as type: Value.Type = Value.self
    ) throws(PostgresError) -> Value {
        try Value(reading: cell(column))
    }

    /// A value where it lies, by its place, from 0; to be lent, not kept.
    @usableFromInline
    func cell(_ column: Int) -> PostgresCellReader {
        PostgresCellReader(result, row: index, column: column, types: types)
    }

    /// A value where it lies, by the column's name; of the first, if several have the name.
    @usableFromInline
    func cell(_ column: String) throws(PostgresError) -> PostgresCellReader {
        guard let place = ResultHandle.index(of: column, in: result) else {
            throw PostgresError(.decodingFailed, "The answer has no column named \(column)")
        }
        return cell(place)
    }
}
