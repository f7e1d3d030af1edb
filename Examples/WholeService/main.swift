// SPDX-License-Identifier: Apache-2.0

// A whole service: takes orders from Kafka, writes each down and enqueues its receipt in one transaction, publishes the
// payment, and works the receipts; until SIGTERM or SIGINT. KAFKA_BOOTSTRAP_SERVERS and POSTGRES_URL say where.

import Stitch
import TracedJobs
import TracedKafka

struct Order: Codable {
    var id: Int
    var total: Double
}

struct SendReceipt: Job {
    static let kind = "send_receipt"
    var orderID: Int
}

struct Mailer {
    func send(_ orderID: Int) async throws { print("sent the receipt of order \(orderID)") }
}

let mailer = Mailer()
let telemetry = try Telemetry.start()  // OTEL_* variables, or Telemetry.start(configuration)
let kafka = KafkaConfiguration()
let database = try PostgresPool(PostgresConfiguration())
let jobs = try JobQueue(database)
let payments = try TracedKafkaProducer(kafka)
try await jobs.migrate()
try await database.execute("CREATE TABLE IF NOT EXISTS orders (id bigint PRIMARY KEY, total float8 NOT NULL)")

// Before: KafkaConsumer.
let consumer = try TracedKafkaConsumer(kafka, group: "billing", topics: ["orders"]) { record in
    let order = try record.decode(Order.self)
    try await database.withTransaction { transaction in
        let inserted = try await transaction.execute(
            "INSERT INTO orders (id, total) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            order.id,
            order.total
        )
        guard inserted > 0 else { return }  // A record may be delivered again.
        try await jobs.enqueue(SendReceipt(orderID: order.id), after: .seconds(60), in: transaction)
    }
    try await payments.send(KafkaRecord(topic: "payments", key: "\(order.id)", value: Array("\(order.total)".utf8)))
}
let worker = try JobWorker(jobs, queues: ["default": 8])
    .handle(SendReceipt.self) { job, attempt in try await mailer.send(job.orderID) }
try await runUntilSignal(telemetry, database, payments, consumer, worker)
