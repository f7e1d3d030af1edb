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

    /// The bytes of a value that must not be NULL.
    func required(as wanted: String) throws(PostgresError) -> [UInt8] {
        guard let bytes else {
            throw PostgresError(
                .decodingFailed,
                "Column \(column) is NULL, which \(wanted) cannot hold; decode it as \(wanted)?"
            )
        }
        return bytes
    }

    func mismatch(_ wanted: String) -> PostgresError {
        PostgresError(
            .decodingFailed,
            "Column \(column) is of type \(PostgresType.name(of: type)), which does not decode as \(wanted); "
                + "decode it as another type or cast it in the statement, such as \(column)::text"
        )
    }
}
