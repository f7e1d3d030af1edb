// SPDX-License-Identifier: Apache-2.0

// Traces a Kafka client that Stitch does not know. Client/ is that client, with a broker in memory in place of Kafka;
// Tracing/ is what tracing it takes. This program sends two orders, works on them, and shows which span is linked to which.

import ForeignKafkaClient
import Stitch
import TracedForeignKafkaClient

func message(_ topic: String, _ key: String, _ value: String) -> KafkaProducerMessage<String, String> {
    KafkaProducerMessage(topic: topic, key: key, value: value)
}

let printer = SpanPrinter()
TelemetrySystem.install(SDKTracer(resource: Resource(), processor: printer))

let broker = InMemoryBroker()
let client = KafkaProducer.makeProducerWithEvents(broker: broker)
let producer = TracedProducer(client, clientID: "shop")
let orders = KafkaConsumer(broker: broker, group: "billing", topic: "orders")
let consumer = TracedConsumer(orders, topic: "orders", group: "billing", clientID: "billing")

async let sending: Void = client.0.run()
async let acknowledging: Void = producer.run()

try withSpan("POST /orders", ofKind: .server) { _ in
    try producer.send(message("orders", "7", "two bicycles"))
    try producer.send(message("orders", "8", "a bell"))
}

try await consumer.poll(2) { polled in
    for order in polled {
        try await consumer.process(order) {
            _ = try producer.send(message("receipts", "receipt", "a receipt for " + String(buffer: order.value)))
        }
    }
    if let last = polled.last { try await consumer.commit(last) }
    orders.triggerGracefulShutdown()  // Two are all that there are.
}

client.0.triggerGracefulShutdown()
_ = await (sending, acknowledging)
printer.printSpans()
