// SPDX-License-Identifier: Apache-2.0

public import ForeignSQLKit
import Foundation
public import TracedJobs

extension SQLRaw {
    init(_ statement: JobStatement) {
        self.init(
            statement.sql,
            statement.parameters.map { parameter -> any Encodable & Sendable in
                switch parameter {
                case .null: String?.none
                case .text(let text): text
                case .bytes(let bytes): Data(bytes)
                }
            }
        )
    }
}

/// What a handler of requests throws.
struct Abort: Error {
    enum Status: Sendable { case internalServerError }

    let status: Status

    init(_ status: Status) { self.status = status }
}

/// Writes an order and what is to be done for it, in one transaction of the ORM's.
public func placeOrder(_ order: some Model, _ database: any Database, _ jobs: JobQueue) async throws {
    try await database.transaction { transaction in
        try await order.save(on: transaction)
        guard let sql = transaction as? any SQLDatabase else { throw Abort(.internalServerError) }
        try await jobs.enqueue(SendReceipt(orderID: 7)) { statement in
            try await sql.execute(sql: SQLRaw(statement)) { _ in }
        }
    }
}
