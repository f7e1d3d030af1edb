// SPDX-License-Identifier: Apache-2.0

public import TracedKafka

/// Writes a receipt for each order, with Stitch.
public struct Billing: Sendable {
    private let producer: TracedKafkaProducer
    private let consumer: TracedKafkaConsumer

    /// Reads orders and writes receipts there.
    public init(_ kafka: KafkaConfiguration) throws {
        let producer = try TracedKafkaProducer(kafka)
        self.producer = producer
        consumer = try TracedKafkaConsumer(kafka, group: "billing", topics: ["orders"]) { order in
            let receipt = "a receipt for " + String(decoding: order.value ?? [], as: UTF8.self)
            try await producer.send(KafkaRecord(topic: "receipts", key: order.key, value: Array(receipt.utf8)))
        }
    }

    /// Works until it is stopped.
    public func run() async throws {
        try await consumer.run()
        await producer.shutdown()
    }

    /// Takes no more orders, and finishes what it has.
    public func stop() async { await consumer.shutdown() }
}
