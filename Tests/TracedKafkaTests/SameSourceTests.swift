// SPDX-License-Identifier: Apache-2.0

import Foundation
import KafkaTesting
import StitchService
import StitchTesting
import Testing
import TracedKafka

@Suite("The same source", .timeLimit(.minutes(1)))
struct SameSourceTests {
    /// A program that knows no more than the protocols.
    private func serve(
        _ topic: String,
        _ producer: some KafkaProducing,
        _ inbox: Inbox<String>,
        _ consumer: some KafkaConsuming
    ) async throws -> [String] {
        let running = Task { try await consumer.run() }
        try await producer.send(KafkaRecord(topic: topic, key: "1", value: [1], partition: 0))
        let batch = [2, 3].map { KafkaRecord(topic: topic, key: "\($0)", value: [$0], partition: 0) }
        #expect(await producer.send(contentsOf: batch).count == 2)
        let queued: KafkaEnqueued = try await producer.enqueue(
            KafkaRecord(topic: topic, key: "4", value: nil, partition: 0)
        )
        _ = try await queued.delivery
        try await producer.flush(timeout: .seconds(30))
        let handled = await inbox.take(4)
        try await consumer.commit()
        #expect(consumer.topics == [topic] && consumer.assignment.map(\.topic) == [topic])
        await consumer.shutdown()
        try await running.value
        await producer.shutdown()
        return handled
    }

    @Test("does the same with plain clients and with traced ones")
    func same() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let configuration = try TestCluster.configuration()
            let plain = Inbox<String>(), traced = Inbox<String>()
            let topics = [try await TestCluster.topic("plain"), try await TestCluster.topic("traced")]
            let handledPlain = try await serve(
                topics[0],
                KafkaProducer(configuration),
                plain,
                KafkaConsumer(configuration, group: topics[0], topics: [topics[0]]) { plain.put($0.described) }
            )
            #expect(test.spans.all.isEmpty)
            let handledTraced = try await serve(
                topics[1],
                TracedKafkaProducer(configuration),
                traced,
                TracedKafkaConsumer(configuration, group: topics[1], topics: [topics[1]]) { traced.put($0.described) }
            )
            #expect(handledPlain == ["1/1", "2/1", "3/1", "4/-"] && handledTraced == handledPlain)
            #expect(test.spans.process(topics[1]).count == 4)
        }
    }

    @Test("is the plain example and the traced one, but for the names of two types")
    func examples() throws {
        var root = URL(filePath: #filePath)
        for _ in 0..<3 { root.deleteLastPathComponent() }
        func program(_ name: String) throws -> [Substring] {
            try String(contentsOf: root.appending(path: "Examples/\(name)/main.swift"), encoding: .utf8)
                .split(separator: "\n", omittingEmptySubsequences: false)
        }
        let plain = try program("KafkaProducerAndConsumer")
        let traced = try program("TracedKafkaProducerAndConsumer")
        let differing = zip(plain, traced).filter { $0 != $1 }
        #expect(plain.count == traced.count && differing.count == 2)
        for (plain, traced) in differing { #expect(plain.replacing("try Kafka", with: "try TracedKafka") == traced) }
    }
}

extension KafkaConsumedRecord {
    fileprivate var described: String {
        "\(key.map { String(decoding: $0, as: UTF8.self) } ?? "-")/\(value.map { String($0.count) } ?? "-")"
    }
}
