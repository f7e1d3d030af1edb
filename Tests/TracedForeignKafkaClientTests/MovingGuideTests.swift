// SPDX-License-Identifier: Apache-2.0

import BillingWithStitch
import BillingWithSwiftKafkaClient
import ForeignKafkaClient
import Foundation
import KafkaTesting
import StitchKafka
import StitchTesting
import Testing
import TracedKafka

@Suite("Moving from swift-kafka-client", .timeLimit(.minutes(1)))
struct MovingGuideTests {
    private func file(_ path: String) throws -> String {
        var root = URL(filePath: #filePath)
        for _ in 0..<3 { root.deleteLastPathComponent() }
        return try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    @Test("The guide shows code that is compiled")
    func compiled() throws {
        let guide = try file("docs/moving-from-swift-kafka-client.md")
        let blocks = guide.split(separator: "```").enumerated().filter { $0.offset % 2 == 1 }.map { block in
            String(block.element.drop { $0 != "\n" }.dropFirst())
        }
        try #require(blocks.count == 2)
        #expect(try file("Examples/MoveFromSwiftKafkaClient/Before/Billing.swift").contains(blocks[0]))
        #expect(try file("Examples/MoveFromSwiftKafkaClient/After/Billing.swift").contains(blocks[1]))
    }

    @Test("The service does the same before and after, and its flow is one afterwards")
    func same() async throws {
        let broker = InMemoryBroker()
        let before = BillingWithSwiftKafkaClient.Billing(broker: broker)
        let (shop, events) = ForeignKafkaClient.KafkaProducer.makeProducerWithEvents(broker: broker)
        _ = try shop.send(KafkaProducerMessage(topic: "orders", key: "7", value: "two bicycles"))
        shop.triggerGracefulShutdown()
        await shop.run()
        withExtendedLifetime(events) {}
        before.stop()
        try await before.run()
        let receipt = try #require(broker.message("receipts", at: 0))
        #expect(String(buffer: receipt.value) == "a receipt for two bicycles")

        try await withStitchTest { test in
            let cluster = try MockKafkaCluster()
            for topic in ["orders", "receipts"] { try await cluster.createTopic(topic) }
            let producer = try TracedKafkaProducer(cluster.configuration)
            let after = try BillingWithStitch.Billing(cluster.configuration)
            try await producer.send(KafkaRecord(topic: "orders", key: "7", value: Array("two bicycles".utf8)))
            let inbox = Inbox<KafkaConsumedRecord>()
            let reader = try StitchKafka.KafkaConsumer(cluster.configuration, group: "reader", topics: ["receipts"]) {
                inbox.put($0)
            }
            let reading = Task { try await reader.run() }
            let running = Task { try await after.run() }
            let receipt = try #require(await inbox.take(1).first)
            #expect(receipt.value.map { String(decoding: $0, as: UTF8.self) } == "a receipt for two bicycles")
            await after.stop()
            try await running.value
            await reader.shutdown()
            try await reading.value
            await producer.shutdown()
            let processed = try #require(test.spans.process("orders").first)
            #expect(test.spans.send("receipts").first?.parentSpanID == processed.spanID)
        }
    }
}
