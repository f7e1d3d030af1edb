// SPDX-License-Identifier: Apache-2.0

import StitchTesting
import TelemetryAPI
import TelemetryData
import Testing
import TracedKafka

@Suite("Traced Kafka, on a real broker,", .timeLimit(.minutes(2)))
struct TracedKafkaBrokerTests {
    @Test("stitches what a handler does to the request that sent the record")
    func stitched() async throws {
        try await withLintedTest { test in
            let topic = KafkaServer.name("stitched")
            let producer = try TracedKafkaProducer(KafkaServer.configuration())
            let delivery = try await withSpan("POST /orders") { _ in
                try await producer.send(KafkaRecord(topic: topic, key: "7", value: "{}"))
            }
            await producer.shutdown()
            let consumer = try TracedKafkaConsumer(KafkaServer.configuration(), group: topic, topics: [topic]) { _ in
                withSpan("book") { _ in }
            }
            let running = Task { try await consumer.run() }
            let process = await test.spans.first { $0.name == "process \(topic)" }
            await consumer.shutdown()
            try await running.value

            let request = try #require(test.spans.named("POST /orders").first)
            let send = try #require(test.spans.send(topic).first)
            let others = test.spans.commit(topic).map(\.traceID)
            #expect(Set(test.spans.all.map(\.traceID)).subtracting(others) == [request.traceID])
            #expect(send.parentSpanID == request.spanID && process.parentSpanID == send.spanID)
            #expect(process.links.map(\.spanID) == [send.spanID])
            #expect(test.spans.named("book").first?.parentSpanID == process.spanID)
            for span in [send, process] {
                #expect(span.attributes["messaging.kafka.offset"] == .int(delivery.offset))
                #expect(span.attributes["messaging.destination.partition.id"] == .string("\(delivery.partition)"))
            }
            #expect(test.flow(of: process).isStitched)
        }
    }

    @Test("links a batch to each of its records' senders")
    func batch() async throws {
        try await withLintedTest { test in
            let topic = KafkaServer.name("batch")
            let producer = try TracedKafkaProducer(KafkaServer.configuration())
            for index in 0..<10 {
                try await producer.send(KafkaRecord(topic: topic, value: [UInt8(index)], partition: 0))
            }
            await producer.shutdown()
            let inbox = Inbox<Int>()
            let consumer = try TracedKafkaConsumer(
                KafkaServer.configuration(),
                group: topic,
                topics: [topic],
                batchesOf: 4
            ) { records in
                for _ in records { inbox.put(records.count) }
            }
            let running = Task { try await consumer.run() }
            let sizes = await inbox.take(10)
            await consumer.shutdown()
            try await running.value
            #expect(sizes.allSatisfy { $0 <= 4 })
            #expect(test.spans.process(topic).flatMap(\.links).map(\.spanID) == test.spans.send(topic).map(\.spanID))
        }
    }
}
