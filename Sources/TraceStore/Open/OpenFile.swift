// SPDX-License-Identifier: Apache-2.0

import Synchronization
import TelemetryData

/// The file of an open partition: a row of `batch` for each that was acknowledged, a row of `source` for each source.
///
/// A batch is a run of spans, each behind its length and its source's number, of four bytes each.
final class OpenFile {
    /// How many bytes stand before a span.
    static let headSize = 8
    /// The format's version, in `PRAGMA user_version`.
    static let version: Int64 = 1

    private let database: SQLiteDatabase
    /// Of those who read what is committed, one after the other; it stays when the file is removed.
    private let readers: Mutex<SQLiteDatabase>
    /// Whether those who read have all of the file's parts.
    private let isHeld: Bool
    /// What was read last.
    private let batches = ReadCache<[UInt8]>(capacity: 16 << 20)
    private static let largestKeptBatch = 4 << 20
    private let version: DataVersion
    private var lastVersion: Int64?
    private let insertBatch: SQLiteStatement?
    private let insertSource: SQLiteStatement?

    /// Opens a file, which is made where it may be written and isn't there.
    init(_ path: String, _ access: SQLiteDatabase.Access, durability: TraceStoreConfiguration.Durability)
        throws(StoreError)
    {
        let database = try SQLiteDatabase(path, access)
        self.database = database
        switch access {
        case .writing:
            try database.execute("PRAGMA page_size = 32768")
            try database.execute("PRAGMA journal_mode = WAL")
            try database.execute("PRAGMA synchronous = \(durability.synchronous)")
            // A checkpoint would write all bytes once more, of a file that is gone once it is sealed. The log is no larger than
            // a partition, and whoever closes the file for good has SQLite put it in its place.
            try database.execute("PRAGMA wal_autocheckpoint = 0")
            try Self.check(database)
            try database.transaction { () throws(StoreError) in
                try database.execute("CREATE TABLE IF NOT EXISTS source (id INTEGER PRIMARY KEY, data BLOB NOT NULL)")
                try database.execute("CREATE TABLE IF NOT EXISTS batch (id INTEGER PRIMARY KEY, data BLOB NOT NULL)")
                try database.execute("PRAGMA user_version = \(Self.version)")
            }
            insertBatch = try database.statement("INSERT INTO batch (id, data) VALUES (?, ?)")
            insertSource = try database.statement("INSERT INTO source (id, data) VALUES (?, ?)")
        case .reading:
            try Self.check(database)
            (insertBatch, insertSource) = (nil, nil)
        }
        let reader = try SQLiteDatabase(path, .reading)
        // From its first look at a table on it has all of the file's parts, whoever removes their names.
        isHeld = (try? reader.number("SELECT count(*) FROM batch WHERE id = 0")) != nil
        readers = Mutex(reader)
        version = try DataVersion(database)
    }

    private static func check(_ database: SQLiteDatabase) throws(StoreError) {
        let version = try database.number("PRAGMA user_version")
        guard version <= Self.version else {
            throw StoreError(
                .newerFormat,
                "can't read \(database.path): it has format \(version), this is \(Self.version)"
            )
        }
    }

    /// Whether the tables are there: a reader may come before the writer has made them.
    var isReady: Bool { isHeld && (try? database.number("PRAGMA user_version")) == Self.version }

    /// Runs a body, which reads the file, if another connection has changed something since it last went well.
    func readChanges(_ body: () throws -> Void) throws {
        let current = try version.current()
        if current == lastVersion { return }
        try body()
        lastVersion = current
    }

    func begin() throws(StoreError) { try database.execute("BEGIN IMMEDIATE") }
    func commit() throws(StoreError) { try database.execute("COMMIT") }
    func rollback() { try? database.execute("ROLLBACK") }

    func insert(source: SpanSourceKey, number: UInt32) throws(StoreError) {
        guard let insertSource else { return }
        let bytes = source.bytes
        try insertSource.bind(1, Int64(number))
        do {
            try bytes.withUnsafeBytes { try insertSource.run(2, $0) }
        } catch let error as StoreError { throw error } catch { throw StoreError(.unavailable, "\(error)") }
    }

    func insert(batch: Int64, _ bytes: [UInt8]) throws(StoreError) {
        guard let insertBatch else { return }
        try insertBatch.bind(1, batch)
        do {
            try bytes.withUnsafeBytes { try insertBatch.run(2, $0) }
        } catch let error as StoreError { throw error } catch { throw StoreError(.unavailable, "\(error)") }
    }

    /// Bytes of a batch.
    func bytes(ofBatch batch: Int64, at offset: Int, count: Int) throws(StoreError) -> [UInt8] {
        try database.bytes(ofBatch: batch, at: offset, count: count)
    }

    /// Bytes of a span that was committed, on any thread.
    ///
    /// What is read is the whole batch, and kept for the next: spans that are asked for together came together, and SQLite
    /// would look through all that stands before a span each time.
    func committedBytes(_ place: OpenIndex.Place) throws(StoreError) -> ArraySlice<UInt8> {
        let (number, start, count) = (Int(clamping: place.batch), Int(place.offset), Int(place.count))
        if let batch = batches[0, number] { return try slice(batch, start, count) }
        return try readers.withLock { database throws(StoreError) in
            guard let batch = try database.batch(place.batch, atMost: Self.largestKeptBatch) else {
                return try database.bytes(ofBatch: place.batch, at: start, count: count)[...]
            }
            batches.insert(batch, 0, number, size: batch.count)
            return try slice(batch, start, count)
        }
    }

    private func slice(_ batch: [UInt8], _ start: Int, _ count: Int) throws(StoreError) -> ArraySlice<UInt8> {
        guard start <= batch.count, count <= batch.count - start else {
            throw StoreError(.damaged, "a batch of \(database.path) is shorter than it was; move the file away")
        }
        return batch[start..<start + count]
    }

    /// Reads the sources and the batches that come after some, as they are at one moment.
    func read(
        sourcesAfter source: Int,
        batchesAfter batch: Int64,
        source addSource: (SpanSourceKey) -> Void,
        batch addBatch: (Int64, UnsafeRawBufferPointer) throws -> Void
    ) throws {
        try database.execute("BEGIN")
        defer { try? database.execute("COMMIT") }
        let sources = try database.statement("SELECT data FROM source WHERE id >= ? ORDER BY id")
        try sources.bind(1, Int64(source))
        while try sources.step() {
            let key = try sources.withBytes(0) { bytes in try SpanSourceKey(bytes) }
            addSource(key)
        }
        let batches = try database.statement("SELECT id, data FROM batch WHERE id > ? ORDER BY id")
        try batches.bind(1, batch)
        while try batches.step() {
            let id = batches.number(0)
            try batches.withBytes(1) { bytes in try addBatch(id, bytes) }
        }
    }
}

/// Goes through the spans of a batch.
struct BatchReader {
    private let bytes: UnsafeRawBufferPointer
    private var offset = 0

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    /// The next span: where it is in the batch, and its source; `nil` at the end, or where the batch makes no sense.
    mutating func next() -> (offset: Int, bytes: UnsafeRawBufferPointer, source: UInt32)? {
        guard bytes.count - offset >= OpenFile.headSize else { return nil }
        let count = Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
        let source = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self))
        let start = offset + OpenFile.headSize
        guard bytes.count - start >= count else { return nil }
        offset = start + count
        return (start, UnsafeRawBufferPointer(rebasing: bytes[start..<start + count]), source)
    }
}
