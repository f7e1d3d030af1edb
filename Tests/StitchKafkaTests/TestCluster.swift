// SPDX-License-Identifier: Apache-2.0

import KafkaTesting
import StitchKafka
import StitchTesting
import Synchronization
import Testing

/// One mock cluster for all tests of the module; each test takes topics and groups of its own.
enum TestCluster {
    private static let cluster = Result { try MockKafkaCluster() }
    private static let count = Atomic(0)

    static func shared() throws -> MockKafkaCluster { try cluster.get() }

    /// A name that no other test has.
    static func name(_ prefix: String) -> String {
        "\(prefix)-\(count.wrappingAdd(1, ordering: .relaxed).newValue)"
    }

    /// A topic of the test's own.
    static func topic(_ prefix: String, partitions: Int = 1) async throws -> String {
        let name = name(prefix)
        try await shared().createTopic(name, partitions: partitions)
        return name
    }

    /// The first records of a topic, as a consumer gets them.
    static func received(_ count: Int, from topic: String) async throws -> [KafkaConsumedRecord] {
        let inbox = Inbox<KafkaConsumedRecord>()
        let consumer = try KafkaConsumer(shared().configuration, group: topic, topics: [topic]) { inbox.put($0) }
        let running = Task { try await consumer.run() }
        let records = await inbox.take(count)
        await consumer.shutdown()
        try await running.value
        return records
    }
}

/// The error that a handler of a test throws.
struct Bounced: Error {}

extension MockKafkaCluster {
    /// Refuses a record for good, of which a producer is told whose configuration isn't idempotent.
    func expectRefusal(of record: KafkaRecord, sentBy producer: KafkaProducer) async throws {
        let code = KafkaError.Code("INVALID_RECORD")
        try await fail(.produce, with: code)
        let error = await #expect(throws: KafkaError.self) { try await producer.send(record) }
        #expect(error?.code == code)
    }
}
