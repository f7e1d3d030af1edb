// SPDX-License-Identifier: Apache-2.0

/// Statements that are sent together, without waiting for the answer to one before the next: one round trip for all.
///
/// ```swift
/// var batch = PostgresBatch()
/// try batch.add("INSERT INTO orders (id) VALUES ($1)", 7)
/// try batch.add("SELECT count(*) FROM orders")
/// let results = try await connection.run(batch)
/// ```
public struct PostgresBatch: Sendable {
    struct Item: Sendable {
        var sql: String
        var parameters: ParameterList
    }

    private(set) var items: [Item] = []

    /// How many statements there are.
    public var count: Int { items.count }

    /// Starts without a statement.
    public init() {}

    /// Adds a statement to the end.
    ///
    /// - Parameters:
    ///   - sql: One statement, with `$1`, `$2`, … for the parameters.
    ///   - parameters: The values.
    /// - Throws: ``PostgresError/Code/invalidParameter`` for what can't be sent.
    public mutating func add(_ sql: String, _ parameters: any PostgresEncodable...) throws(PostgresError) {
        try add(sql, parameters: parameters)
    }

    /// Adds a statement whose values are in an array.
    package mutating func add(_ sql: String, parameters: [any PostgresEncodable]) throws(PostgresError) {
        try PostgresConnection.refuseNUL(sql)
        items.append(Item(sql: sql, parameters: try ParameterList(parameters, statement: sql)))
    }

    init(_ sql: String, _ parameters: ParameterList) { items = [Item(sql: sql, parameters: parameters)] }
}
