// SPDX-License-Identifier: Apache-2.0

public import ForeignPostgresClient
public import TracedJobs

extension PostgresQuery {
    init(_ statement: JobStatement) {
        var binds = PostgresBindings(capacity: statement.parameters.count)
        for parameter in statement.parameters {
            switch parameter {
            case .null: binds.appendNull()
            case .text(let text): binds.append(text)
            case .bytes(let bytes): binds.append(ByteBuffer(bytes: bytes))
            }
        }
        self.init(unsafeSQL: statement.sql, binds: binds)
    }
}

/// Writes an order and what is to be done for it, in one transaction of PostgresNIO's.
public func placeOrder(_ client: PostgresClient, _ jobs: JobQueue, _ logger: Logger) async throws {
    try await client.withTransaction(logger: logger) { connection in
        try await connection.query("INSERT INTO orders (id) VALUES (\(7))", logger: logger)
        _ = try await jobs.enqueue(SendReceipt(orderID: 7)) { statement in
            try await connection.query(PostgresQuery(statement), logger: logger)
        }
    }
}
