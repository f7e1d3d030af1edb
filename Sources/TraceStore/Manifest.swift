// SPDX-License-Identifier: Apache-2.0

/// Which partitions a store has, and which of their rows later copies have replaced: the file that says what counts.
final class Manifest {
    /// A partition, as the manifest knows it.
    struct Partition: Hashable {
        enum State: String { case open, sealed }

        var number: Int64
        var state: State
        /// Of the sealed file; a partition that is written anew gets the next.
        var generation: Int64 = 0
        /// When its last span arrived, in nanoseconds since 1970.
        var arrival: Int64 = 0
        /// Whether retention has been applied.
        var isThinned = false
    }

    static let version: Int64 = 1

    private let database: SQLiteDatabase
    private let version: DataVersion

    init(_ path: String, _ access: SQLiteDatabase.Access) throws(StoreError) {
        database = try SQLiteDatabase(path, access)
        self.version = try DataVersion(database)
        let version = try database.number("PRAGMA user_version")
        guard version <= Self.version else {
            throw StoreError(.newerFormat, "can't read \(path): it has format \(version); use a newer Stitch")
        }
        guard access == .writing else {
            guard version == Self.version else { throw StoreError(.unavailable, "\(path) is not written yet") }
            return
        }
        try database.execute("PRAGMA journal_mode = WAL")
        // Whatever outlives power loss: files are removed because of what was committed here, and may be the only copies.
        try database.execute("PRAGMA synchronous = FULL")
        try database.transaction { () throws(StoreError) in
            try database.execute(
                """
                CREATE TABLE IF NOT EXISTS partition (number INTEGER PRIMARY KEY, state TEXT NOT NULL,
                generation INTEGER NOT NULL, arrival INTEGER NOT NULL, thinned INTEGER NOT NULL)
                """
            )
            try database.execute(
                """
                CREATE TABLE IF NOT EXISTS superseded (partition INTEGER NOT NULL, row INTEGER NOT NULL,
                PRIMARY KEY (partition, row)) WITHOUT ROWID
                """
            )
            try database.execute("PRAGMA user_version = \(Self.version)")
        }
    }

    /// How a commit is synced, as SQLite numbers it: 2 for so that it outlives power loss.
    var synchronous: Int64 { get throws(StoreError) { try database.number("PRAGMA synchronous") } }

    /// A number that is another one when another connection has changed something.
    func dataVersion() throws(StoreError) -> Int64 { try version.current() }

    /// Changes that count all at once or not at all.
    func change(_ body: () throws(StoreError) -> Void) throws(StoreError) { try database.transaction(body) }

    /// The partitions, by number.
    func partitions() throws(StoreError) -> [Partition] {
        let statement = try database.statement(
            "SELECT number, state, generation, arrival, thinned FROM partition ORDER BY number"
        )
        var partitions: [Partition] = []
        while try statement.step() {
            guard let state = Partition.State(rawValue: statement.text(1)) else { continue }
            partitions.append(
                Partition(
                    number: statement.number(0),
                    state: state,
                    generation: statement.number(2),
                    arrival: statement.number(3),
                    isThinned: statement.number(4) != 0
                )
            )
        }
        return partitions
    }

    func put(_ partition: Partition) throws(StoreError) {
        let statement = try database.statement("INSERT OR REPLACE INTO partition VALUES (?, ?, ?, ?, ?)")
        try statement.bind(1, partition.number)
        try statement.bind(2, partition.state.rawValue)
        try statement.bind(3, partition.generation)
        try statement.bind(4, partition.arrival)
        try statement.bind(5, partition.isThinned ? 1 : 0)
        try statement.run()
    }

    func remove(_ number: Int64) throws(StoreError) {
        try forgetSuperseded(of: number)
        let statement = try database.statement("DELETE FROM partition WHERE number = ?")
        try statement.bind(1, number)
        try statement.run()
    }

    /// The rows of a partition that later copies in sealed partitions have replaced.
    func superseded(of number: Int64) throws(StoreError) -> Set<Int> {
        let statement = try database.statement("SELECT row FROM superseded WHERE partition = ?")
        try statement.bind(1, number)
        var rows: Set<Int> = []
        while try statement.step() { rows.insert(Int(statement.number(0))) }
        return rows
    }

    func addSuperseded(_ items: some Sequence<OpenPartition.Superseded>) throws(StoreError) {
        let statement = try database.statement("INSERT OR IGNORE INTO superseded VALUES (?, ?)")
        for item in items {
            try statement.bind(1, item.partition)
            try statement.bind(2, Int64(item.row))
            try statement.run()
        }
    }

    func forgetSuperseded(of number: Int64) throws(StoreError) {
        let statement = try database.statement("DELETE FROM superseded WHERE partition = ?")
        try statement.bind(1, number)
        try statement.run()
    }

    /// All of this as of one moment.
    func snapshot<Result>(_ body: (Manifest) throws -> Result) throws -> Result {
        try database.execute("BEGIN")
        defer { try? database.execute("COMMIT") }
        return try body(self)
    }
}
