// SPDX-License-Identifier: Apache-2.0

public import ForeignKafkaClient

/// Writes a receipt for each order, with swift-kafka-client.
public struct Billing: Sendable {
    private let producer: KafkaProducer
    private let events: KafkaProducerEvents
    private let consumer: KafkaConsumer

    /// Reads orders and writes receipts there.
    public init(broker: InMemoryBroker) {
        (producer, events) = KafkaProducer.makeProducerWithEvents(broker: broker)
        consumer = KafkaConsumer(broker: broker, group: "billing", topic: "orders")
    }

    /// Works until it is stopped.
    public func run() async throws {
        async let sending: Void = producer.run()
        async let answers: Void = readAnswers()
        for try await order in consumer.messages {
            let receipt = "a receipt for " + String(buffer: order.value)
            _ = try producer.send(KafkaProducerMessage(topic: "receipts", key: order.key, value: receipt))
            try await consumer.commit(order)
        }
        producer.triggerGracefulShutdown()
        _ = await (sending, answers)
    }

    /// Takes no more orders, and finishes what it has.
    public func stop() { consumer.triggerGracefulShutdown() }

    private func readAnswers() async {
        for await event in events {
            guard case .deliveryReports(let reports) = event else { continue }
            for report in reports {
                if case .failure(let error) = report.status { print("a receipt was lost: \(error)") }
            }
        }
    }
}
