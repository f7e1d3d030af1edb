// SPDX-License-Identifier: Apache-2.0

import CStitchSQLite

/// Owns SQLite's connection to one file, and closes it.
///
/// One thread at a time uses it; whoever holds it sees to that.
final class SQLiteDatabase {
    private let handle: OpaquePointer
    let path: String

    /// How a file is opened.
    enum Access {
        /// To write; it is made if it isn't there.
        case writing
        /// To read, while another process may write.
        case reading
    }

    init(_ path: String, _ access: Access) throws(StoreError) {
        self.path = path
        let flags =
            switch access {
            case .writing: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX
            case .reading: SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX
            }
        var opened: OpaquePointer?
        // Even if it can't be opened, there is a handle, which is ours to close.
        let code = sqlite3_open_v2(path, &opened, flags, nil)
        guard let opened else { throw StoreError(.unavailable, "can't open \(path): there is no memory left") }
        guard code == SQLITE_OK else {
            let reason = String(cString: sqlite3_errmsg(opened))
            sqlite3_close_v2(opened)
            throw Self.error(code, "can't open \(path)", reason)
        }
        handle = opened
        // Another process may be about to open or close the file; that takes moments.
        sqlite3_busy_timeout(handle, 10_000)
    }

    // Statements and blobs that are still open keep the connection until they are closed too.
    deinit { sqlite3_close_v2(handle) }

    /// Runs statements that have neither parameters nor rows that matter.
    func execute(_ text: String) throws(StoreError) {
        let code = sqlite3_exec(handle, text, nil, nil, nil)
        guard code == SQLITE_OK else { throw failure(code, "can't run \"\(text)\" on \(path)") }
    }

    /// A statement to be run, again and again.
    func statement(_ text: String) throws(StoreError) -> SQLiteStatement {
        var prepared: OpaquePointer?
        // What is prepared is the statement's, which finalises it.
        let code = sqlite3_prepare_v3(handle, text, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, nil)
        guard code == SQLITE_OK, let prepared else { throw failure(code, "can't prepare \"\(text)\" on \(path)") }
        return SQLiteStatement(prepared, of: self)
    }

    /// Runs a body between BEGIN and COMMIT; what it throws undoes all.
    func transaction<Result>(_ body: () throws(StoreError) -> Result) throws(StoreError) -> Result {
        try execute("BEGIN IMMEDIATE")
        do {
            let result = try body()
            try execute("COMMIT")
            return result
        } catch {
            // What can't be undone now is undone by whoever opens the file next.
            try? execute("ROLLBACK")
            throw error
        }
    }

    /// Bytes of the `data` column of a row of `batch`, without reading the rest of it.
    func bytes(ofBatch row: Int64, at offset: Int, count: Int) throws(StoreError) -> [UInt8] {
        var opened: OpaquePointer?
        // On success the blob is ours to close; on failure there is none.
        let code = sqlite3_blob_open(handle, "main", "batch", "data", row, 0, &opened)
        guard code == SQLITE_OK, let opened else { throw failure(code, "can't read batch \(row) of \(path)") }
        defer { sqlite3_blob_close(opened) }
        return try bytes(of: opened, at: offset, count: count, batch: row)
    }

    /// The whole `data` column of a row of `batch`; `nil` if it has more bytes than that.
    func batch(_ row: Int64, atMost limit: Int) throws(StoreError) -> [UInt8]? {
        var opened: OpaquePointer?
        // On success the blob is ours to close; on failure there is none.
        let code = sqlite3_blob_open(handle, "main", "batch", "data", row, 0, &opened)
        guard code == SQLITE_OK, let opened else { throw failure(code, "can't read batch \(row) of \(path)") }
        defer { sqlite3_blob_close(opened) }
        let count = Int(sqlite3_blob_bytes(opened))
        if count > limit { return nil }
        return try bytes(of: opened, at: 0, count: count, batch: row)
    }

    private func bytes(
        of blob: OpaquePointer,
        at offset: Int,
        count: Int,
        batch: Int64
    ) throws(StoreError) -> [UInt8] {
        var code = SQLITE_OK
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { memory, used in
            // SQLite copies into our memory.
            let (count, offset) = (Int32(truncatingIfNeeded: count), Int32(truncatingIfNeeded: offset))
            code = sqlite3_blob_read(blob, memory.baseAddress, count, offset)
            used = code == SQLITE_OK ? Int(count) : 0
        }
        guard code == SQLITE_OK else { throw failure(code, "can't read batch \(batch) of \(path)") }
        return bytes
    }

    /// The first column of the first row, as a number.
    func number(_ text: String) throws(StoreError) -> Int64 {
        let statement = try statement(text)
        return try statement.step() ? statement.number(0) : 0
    }

    func failure(_ code: Int32, _ attempt: String) -> StoreError {
        // The text belongs to the connection, until its next call.
        Self.error(code, attempt, String(cString: sqlite3_errmsg(handle)))
    }

    private static func error(_ code: Int32, _ attempt: String, _ reason: String) -> StoreError {
        switch code & 0xff {
        case SQLITE_CORRUPT, SQLITE_NOTADB:
            StoreError(.damaged, "\(attempt): \(reason); move the file away")
        case SQLITE_BUSY, SQLITE_LOCKED:
            StoreError(.locked, "\(attempt): \(reason); another process holds it")
        default:
            StoreError(.unavailable, "\(attempt): \(reason)")
        }
    }
}
