// SPDX-License-Identifier: Apache-2.0

/// Something that is written as SQL.
public protocol SQLExpression: Sendable {}

/// A row that came back.
public protocol SQLRow: Sendable {}

/// A piece of SQL as it is, with values.
public struct SQLRaw: SQLExpression {
    /// The text.
    public var sql: String
    /// Its values.
    public var binds: [any Encodable & Sendable]

    /// A piece of SQL.
    public init(_ sql: String, _ binds: [any Encodable & Sendable] = []) {
        self.sql = sql
        self.binds = binds
    }
}

/// Whatever runs SQL.
public protocol SQLDatabase: Sendable {
    /// Runs a statement, and tells each row that comes back.
    func execute(sql query: any SQLExpression, _ onRow: @escaping @Sendable (any SQLRow) -> Void) async throws
}

/// A database as an ORM has it.
public protocol Database: Sendable {
    /// Does something in a transaction.
    func transaction<Success: Sendable>(
        _ closure: @escaping @Sendable (any Database) async throws -> Success
    ) async throws -> Success
}

/// Something that the ORM keeps.
public protocol Model: Sendable {
    /// Writes it.
    func save(on database: any Database) async throws
}
