// SPDX-License-Identifier: Apache-2.0

import CStitchSQLite

/// Owns a prepared statement, and gives it back.
final class SQLiteStatement {
    private let handle: OpaquePointer
    private let database: SQLiteDatabase

    init(_ handle: OpaquePointer, of database: SQLiteDatabase) {
        self.handle = handle
        self.database = database
    }

    deinit { sqlite3_finalize(handle) }

    /// Sets a parameter, from 1, to a number.
    func bind(_ index: Int32, _ number: Int64) throws(StoreError) {
        try check(sqlite3_bind_int64(handle, index, number))
    }

    /// Sets a parameter, from 1, to a text, of which SQLite makes a copy.
    func bind(_ index: Int32, _ text: String) throws(StoreError) {
        try check(cstitch_sqlite_bind_text_copy(handle, index, text, -1))
    }

    /// Runs a statement that gives no rows, with bytes as its last parameter.
    ///
    /// They stay where they are; that is why the statement has ended, and forgotten them, when this returns.
    func run(_ index: Int32, _ bytes: UnsafeRawBufferPointer) throws(StoreError) {
        try check(cstitch_sqlite_bind_static_blob(handle, index, bytes.baseAddress, UInt64(bytes.count)))
        defer {
            sqlite3_reset(handle)
            sqlite3_clear_bindings(handle)
        }
        _ = try step()
    }

    /// Runs a statement that gives no rows.
    func run() throws(StoreError) {
        defer { sqlite3_reset(handle) }
        _ = try step()
    }

    /// Goes to the next row; `false` after the last.
    func step() throws(StoreError) -> Bool {
        let code = sqlite3_step(handle)
        switch code {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        default: throw database.failure(code, "can't go on with a statement on \(database.path)")
        }
    }

    /// Back before the first row.
    func reset() { sqlite3_reset(handle) }

    /// A column of the row, from 0, as a number.
    func number(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

    /// A column of the row, from 0, as a text.
    func text(_ column: Int32) -> String {
        // The text belongs to the statement until its next step.
        sqlite3_column_text(handle, column).map { String(cString: $0) } ?? ""
    }

    /// Lends the bytes of a column of the row, from 0.
    func withBytes<Result>(_ column: Int32, _ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        // The bytes belong to the statement until its next step, so the body must not take one. The count comes second,
        // for the first call may convert them.
        let start = sqlite3_column_blob(handle, column)
        let count = Int(sqlite3_column_bytes(handle, column))
        return try body(UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : count))
    }

    private func check(_ code: Int32) throws(StoreError) {
        guard code == SQLITE_OK else { throw database.failure(code, "can't set a parameter on \(database.path)") }
    }
}
