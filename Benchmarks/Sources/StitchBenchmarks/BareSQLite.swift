// SPDX-License-Identifier: Apache-2.0

import CStitchSQLite
import Foundation
import TelemetryData

/// The same spans put into plain tables without an index, a row for each span and each link, 1,000 spans a transaction.
enum BareSQLite {
    struct Failure: Error { var code: Int32 }

    static func ingest(_ count: Int, _ path: String) throws -> Figure {
        var opened: OpaquePointer?
        // Ours until it is closed.
        try check(sqlite3_open(path, &opened))
        defer { sqlite3_close(opened) }
        let tables = """
            PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
            CREATE TABLE span (trace BLOB, id BLOB, parent BLOB, service TEXT, name TEXT, start INTEGER, end INTEGER,
            error INTEGER, data BLOB);
            CREATE TABLE link (trace BLOB, target BLOB, source BLOB);
            """
        try check(sqlite3_exec(opened, tables, nil, nil, nil))
        var span: OpaquePointer?
        var link: OpaquePointer?
        // Both are ours until they are finalised.
        try check(sqlite3_prepare_v2(opened, "INSERT INTO span VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", -1, &span, nil))
        try check(sqlite3_prepare_v2(opened, "INSERT INTO link VALUES (?, ?, ?)", -1, &link, nil))
        defer {
            sqlite3_finalize(span)
            sqlite3_finalize(link)
        }
        var sample = StoreSample()
        var (done, spent) = (0, 0.0)
        while done < count {
            let spans = sample.spans(min(1_000, count - done))
            let begin = threadTime
            try check(sqlite3_exec(opened, "BEGIN", nil, nil, nil))
            for item in spans { try insert(item, span, link) }
            try check(sqlite3_exec(opened, "COMMIT", nil, nil, nil))
            spent += threadTime - begin
            done += spans.count
        }
        return Figure(name: "store.ingest_bare_sqlite", value: Double(done) / spent * 1e9, unit: .perSecond)
    }

    private static func insert(_ item: SpanData, _ span: OpaquePointer?, _ link: OpaquePointer?) throws {
        try bind(span, 1, item.traceID)
        try bind(span, 2, item.spanID)
        if let parent = item.parentSpanID { try bind(span, 3, parent) }
        try check(cstitch_sqlite_bind_text_copy(span, 4, item.resource.serviceName, -1))
        try check(cstitch_sqlite_bind_text_copy(span, 5, item.name, -1))
        try check(sqlite3_bind_int64(span, 6, Int64(bitPattern: item.start.nanoseconds)))
        try check(sqlite3_bind_int64(span, 7, Int64(bitPattern: item.end.nanoseconds)))
        try check(sqlite3_bind_int(span, 8, item.status.isError ? 1 : 0))
        var writer = ProtobufWriter()
        writer.write(span: item, field: 2)
        try writer.buffer.withUnsafeBytes { bytes in
            // The bytes stay until the statement has run.
            try check(cstitch_sqlite_bind_static_blob(span, 9, bytes.baseAddress, UInt64(bytes.count)))
            try run(span)
        }
        for item in item.links {
            try bind(link, 1, item.traceID)
            try bind(link, 2, item.spanID)
            try bind(link, 3, item.spanID)
            try run(link)
        }
    }

    private static func run(_ statement: OpaquePointer?) throws {
        guard sqlite3_step(statement) == SQLITE_DONE else { throw Failure(code: sqlite3_reset(statement)) }
        sqlite3_reset(statement)
        sqlite3_clear_bindings(statement)
    }

    private static func bind(_ statement: OpaquePointer?, _ index: Int32, _ id: some Any) throws {
        // SQLite makes a copy, for the bytes are gone before the statement runs.
        try withUnsafeBytes(of: id) { bytes in
            try check(
                cstitch_sqlite_bind_text_copy(
                    statement,
                    index,
                    bytes.baseAddress?.assumingMemoryBound(to: CChar.self),
                    Int32(bytes.count)
                )
            )
        }
    }

    private static func check(_ code: Int32) throws {
        guard code == SQLITE_OK else { throw Failure(code: code) }
    }

    private static var threadTime: Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
    }
}
