// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Decides which statements a connection keeps prepared, by their text.
///
/// A statement is prepared when it is used for the second time, so that those that run once cost nothing. As many are kept
/// as the limit says; then the one goes that was not used for the longest time, those first that never were prepared.
struct StatementCache {
    /// A statement that the server knows by name.
    struct Prepared: Equatable {
        var name: String
        /// The types of its parameters; `nil` as long as they aren't known.
        var types: [UInt32]?
    }

    /// How a statement is to be run.
    enum Use: Equatable {
        /// Send its text.
        case unnamed
        /// Prepare it under this name; then tell ``StatementCache/didPrepare(_:as:)`` or ``StatementCache/forget(_:)``.
        case prepare(name: String)
        case run(Prepared)
    }

    /// A statement's text, byte by byte: to `String` an accent is the same as a letter with it, to the server it isn't.
    private struct Text: Hashable {
        let sql: String

        init(_ sql: String) { self.sql = sql }

        static func == (one: Self, other: Self) -> Bool {
            let isSame = one.sql.utf8.withContiguousStorageIfAvailable { bytes in
                other.sql.utf8.withContiguousStorageIfAvailable { others in
                    guard bytes.count == others.count else { return false }
                    guard let start = bytes.baseAddress, let other = others.baseAddress else { return true }
                    return memcmp(start, other, bytes.count) == 0
                }
            }
            return (isSame ?? nil) ?? one.sql.utf8.elementsEqual(other.sql.utf8)
        }

        func hash(into hasher: inout Hasher) { hasher.combine(sql) }
    }

    private struct Entry {
        var lastUse: UInt64
        var prepared: Prepared?
    }

    let limit: Int
    private var entries: [Text: Entry] = [:]
    private var uses: UInt64 = 0
    /// What the names begin with: that of no other connection, since behind a pooler two may share a session.
    private let prefix: String
    private var nextName = 0
    /// Names of statements that the server still knows and nobody uses.
    private(set) var dropped: [String] = []

    init(limit: Int, tag: UInt32 = .random(in: 0 ... .max)) {
        self.limit = limit
        prefix = "stitch_\(String(tag, radix: 36))_"
    }

    /// A statement is about to run.
    mutating func use(_ sql: String) -> Use {
        guard limit > 0 else { return .unnamed }
        uses += 1
        guard let index = entries.index(forKey: Text(sql)) else {
            if entries.count >= limit { evict() }
            entries[Text(sql)] = Entry(lastUse: uses)
            return .unnamed
        }
        entries.values[index].lastUse = uses
        if let prepared = entries.values[index].prepared { return .run(prepared) }
        nextName += 1
        return .prepare(name: "\(prefix)\(nextName)")
    }

    /// The server knows a statement now.
    mutating func didPrepare(_ sql: String, as prepared: Prepared) {
        if entries[Text(sql)] == nil, entries.count >= limit { evict() }
        entries[Text(sql)] = Entry(lastUse: uses, prepared: prepared)
    }

    /// A statement is of no use as it was prepared: it will be prepared anew.
    mutating func forget(_ sql: String) {
        if let prepared = entries.removeValue(forKey: Text(sql))?.prepared { dropped.append(prepared.name) }
    }

    /// The server knows none of the statements any more.
    mutating func forgetAll() {
        entries = [:]
        dropped = []
    }

    /// The server has been told to forget statements.
    mutating func didDrop(_ names: [String]) { dropped.removeAll { names.contains($0) } }

    private mutating func evict() {
        let oldest = entries.min { one, other in
            let (isPrepared, otherIsPrepared) = (one.value.prepared != nil, other.value.prepared != nil)
            return isPrepared == otherIsPrepared ? one.value.lastUse < other.value.lastUse : otherIsPrepared
        }
        if let oldest { forget(oldest.key.sql) }
    }
}
