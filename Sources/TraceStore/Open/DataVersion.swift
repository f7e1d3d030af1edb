// SPDX-License-Identifier: Apache-2.0

/// Sees cheaply whether other connections have changed a file.
struct DataVersion {
    private let statement: SQLiteStatement

    init(_ database: SQLiteDatabase) throws(StoreError) {
        statement = try database.statement("PRAGMA data_version")
    }

    /// A number that is another one when another connection has changed something.
    func current() throws(StoreError) -> Int64 {
        defer { statement.reset() }
        return try statement.step() ? statement.number(0) : 0
    }
}
