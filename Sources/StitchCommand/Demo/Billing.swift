// SPDX-License-Identifier: Apache-2.0

import Foundation
import TracedJobs
import TracedKafka

/// Tells a customer that an order was paid.
///
/// Its mail server is busy the first time.
struct SendReceipt: Job {
    static let kind = "send_receipt"
    var orderID: Int
}

/// Asks a customer for a review, some time after the order.
struct RequestReview: Job {
    static let kind = "request_review"
    var orderID: Int
}

/// Writes each order down and enqueues its jobs, in one transaction, and publishes its payment.
struct Billing: Sendable {
    let database: PostgresPool
    let jobs: JobQueue
    let producer: any KafkaProducing
    let settings: DemoSettings
    let report: ProgressReport

    /// How long after its order a review is asked for.
    static let reviewDelay = Duration.seconds(2)

    func handle(_ record: KafkaConsumedRecord) async throws {
        let order = try record.decode(Order.self)
        try await database.withTransaction { transaction in
            let inserted = try await transaction.execute(
                """
                INSERT INTO \(settings.shopSchema).orders (id, customer, items, total) VALUES ($1, $2, $3, $4)
                ON CONFLICT DO NOTHING
                """,
                order.id,
                order.customer,
                order.items,
                order.total
            )
            // A record that is delivered again has its jobs already.
            guard inserted > 0 else { return }
            try await jobs.enqueue(SendReceipt(orderID: order.id), in: transaction)
            try await jobs.enqueue(RequestReview(orderID: order.id), after: Self.reviewDelay, in: transaction)
        }
        let payment = try JSONEncoder().encode(Payment(orderID: order.id, amount: order.total))
        try await producer.send(
            KafkaRecord(topic: settings.paymentsTopic, key: "\(order.id)", value: [UInt8](payment))
        )
        report.count { $0.billed += 1 }
    }
}
