// SPDX-License-Identifier: Apache-2.0

// Enqueues a job in the transaction that writes an order, and works it, until SIGTERM or SIGINT.
// POSTGRES_URL names the database; without it libpq's own variables and defaults do.

import Stitch
import TracedJobs

struct SendReceipt: Job {
    static let kind = "send_receipt"
    var orderID: Int
}

let telemetry = try Telemetry.start()
let database = try PostgresPool(PostgresConfiguration())
let jobs = try JobQueue(database)
try await jobs.migrate()
try await database.execute("CREATE TABLE IF NOT EXISTS orders (id bigint PRIMARY KEY, total float8 NOT NULL)")

let worker = try JobWorker(jobs, queues: ["default": 8])
    .handle(SendReceipt.self) { job, attempt in
        print("sent the receipt of order \(job.orderID), attempt \(attempt.number)")
    }

let order = (id: Int.random(in: 1...1_000_000_000), total: 29.9)
try await withSpan("POST /orders", ofKind: .server) { _ in
    // Both rows or none: the job exists when the order does.
    try await database.withTransaction { transaction in
        try await transaction.execute("INSERT INTO orders (id, total) VALUES ($1, $2)", order.id, order.total)
        try await jobs.enqueue(SendReceipt(orderID: order.id), after: .seconds(2), in: transaction)
    }
}
try await runUntilSignal(telemetry, database, worker)
