// SPDX-License-Identifier: Apache-2.0

import Foundation
import KafkaTesting
import Stitch
import TracedKafka

/// Passes the calls of a request on as a message, and makes them where the message is consumed.
func serveThroughKafka(_ options: ServiceOptions, _ telemetry: Telemetry) async throws {
    // Of its own, so that the answers to all messages are waited for in this process.
    let topic = "trace-context-service-\(UUID().uuidString.lowercased())"
    let replies = Replies()

    let cluster = options.brokers == nil ? try MockKafkaCluster() : nil
    var kafka = cluster?.configuration ?? KafkaConfiguration(brokers: options.brokers ?? [])
    kafka.linger = .zero
    kafka.deliveryTimeout = .seconds(10)
    // The mock cluster answers a consumer only after this time, also when a message has come.
    if cluster != nil { kafka.properties["fetch.wait.max.ms"] = "10" }
    try await cluster?.createTopic(topic, partitions: Slots.count)
    if cluster == nil { try await KafkaAdmin(kafka).createTopic(topic, partitions: Slots.count) }

    let producer = try TracedKafkaProducer(kafka)
    let consumer = try TracedKafkaConsumer(kafka, group: topic, topics: [topic]) { record in
        let work = try record.decode(MakeCalls.self)
        replies.give(try await makeCalls(work.calls), to: work.request)
    }
    let make: CallMaking = { calls, slot in
        try await replies.outcome { request in
            let work = try JSONEncoder().encode(MakeCalls(request: request, calls: calls))
            // A partition's messages are handled one after the other, and one of these calls may come back to us: what
            // waits for it has to be in another partition.
            try await producer.send(KafkaRecord(topic: topic, value: Array(work), partition: Int32(slot)))
        }
    }
    let server = try Entry(make).listen(options.port)
    try await runUntilSignal(telemetry, producer, consumer, server, Announcement(server, make))

    if cluster == nil { try await KafkaAdmin(kafka).deleteTopics([topic]) }
    await cluster?.shutdown()
}
