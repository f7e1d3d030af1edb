// SPDX-License-Identifier: Apache-2.0

import Foundation
public import StitchPostgres

/// A database that really is a pool.
public struct PoolDatabase: Database {
    private let pool: PostgresPool

    /// The database of a pool.
    public init(_ pool: PostgresPool) { self.pool = pool }

    /// Does something in a transaction.
    public func transaction<Success: Sendable>(
        _ closure: @escaping @Sendable (any Database) async throws -> Success
    ) async throws -> Success {
        try await pool.withTransaction { try await closure(TransactionDatabase(transaction: $0)) }
    }
}

/// A database within a transaction.
struct TransactionDatabase: Database, SQLDatabase {
    private struct Row: SQLRow {}

    /// What the values of a statement may be.
    private struct UnknownValue: Error {}

    let transaction: PostgresTransaction

    func transaction<Success: Sendable>(
        _ closure: @escaping @Sendable (any Database) async throws -> Success
    ) async throws -> Success {
        try await closure(self)
    }

    func execute(sql query: any SQLExpression, _ onRow: @escaping @Sendable (any SQLRow) -> Void) async throws {
        guard let raw = query as? SQLRaw else { throw UnknownValue() }
        var batch = PostgresBatch()
        try batch.add(raw.sql, parameters: raw.binds.map(Self.parameter))
        for _ in try await transaction.run(batch).first?.rows ?? [] { onRow(Row()) }
    }

    private static func parameter(_ value: any Encodable & Sendable) throws -> any PostgresEncodable {
        switch value {
        case let text as String: text
        case let number as Int: number
        case let data as Data: Array(data)
        case is String?: String?.none
        default: throw UnknownValue()
        }
    }
}
