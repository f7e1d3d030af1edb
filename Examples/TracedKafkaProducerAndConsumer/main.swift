// SPDX-License-Identifier: Apache-2.0

// Sends an order and handles orders, until it is told to stop. KafkaProducerAndConsumer and
// TracedKafkaProducerAndConsumer are the same program but for the names of two types. Where Kafka is comes from
// KAFKA_BOOTSTRAP_SERVERS.

import StitchService
import TracedKafka

struct Order: Decodable {
    var id: Int
    var total: Int
}

let kafka = KafkaConfiguration()

let consumer = try TracedKafkaConsumer(kafka, group: "billing", topics: ["orders"]) { record in
    let order = try record.decode(Order.self)
    print("order \(order.id) of \(order.total) was billed")
}
let producer = try TracedKafkaProducer(kafka)

let bytes = Array(#"{"id":7,"total":4200}"#.utf8)
let delivery = try await producer.send(KafkaRecord(topic: "orders", key: "7", value: bytes))
print("order 7 is at offset \(delivery.offset) of partition \(delivery.partition)")

try await runUntilSignal(producer, consumer)
