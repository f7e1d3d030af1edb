// SPDX-License-Identifier: Apache-2.0

/// One value of a row, in Postgres' binary form.
public struct PostgresCell: Sendable, Hashable {
    /// The column's name.
    public var column: String

    /// The object id of the column's type, such as 20 for `bigint`.
    public var type: UInt32

    /// The bytes; `nil` for NULL.
    public var bytes: [UInt8]?

    /// Describes a value.
    ///
    /// - Parameters:
    ///   - column: The column's name.
    ///   - type: The object id of the column's type.
    ///   - bytes: The bytes in binary form, `nil` for NULL.
    public init(column: String, type: UInt32, bytes: [UInt8]?) {
        self.column = column
        self.type = type
        self.bytes = bytes
    }

    /// Lends a reader of the value.
    func read<Value>(
        _ body: (borrowing PostgresCellReader) throws(PostgresError) -> Value
    ) throws(PostgresError) -> Value {
        let result = column.withCString { name in
            guard let bytes else {
                return Result { () throws(PostgresError) in
                    try body(PostgresCellReader(name, type: type, bytes: nil))
                }
            }
            return bytes.withUnsafeBytes { bytes in
                Result { () throws(PostgresError) in try body(PostgresCellReader(name, type: type, bytes: bytes)) }
            }
        }
        return try result.get()
    }
}
