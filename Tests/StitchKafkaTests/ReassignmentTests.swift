// SPDX-License-Identifier: Apache-2.0

import KafkaTesting
import StitchTesting
import Synchronization
import Testing

@testable import StitchKafka

@Suite("A partition that goes and comes back", .timeLimit(.minutes(1)))
struct ReassignmentTests {
    @Test("is not read before a handler that doesn't notice its cancellation has returned, however often it goes")
    func stubbornHandler() async throws {
        let cluster = try MockKafkaCluster()
        try await cluster.createTopic("orders", partitions: 2)
        var configuration = cluster.configuration
        configuration.drain = .zero
        // What was handled comes again, and tells that the partitions are ours again.
        configuration.commitInterval = .seconds(600)
        let producer = try KafkaProducer(configuration)
        for partition in [Int32(0), 1] {
            try await producer.send(KafkaRecord(topic: "orders", value: [0], partition: partition))
        }
        let stuck = Inbox<Void>()
        let others = Inbox<Int64>()
        let release = OneTime<Void>()
        let busy = Atomic(0)
        let most = Atomic(0)
        let consumer = try KafkaConsumer(configuration, group: "billing", topics: ["orders"]) { record in
            guard record.partition == 0 else { return others.put(record.offset) }
            most.max(busy.wrappingAdd(1, ordering: .relaxed).newValue, ordering: .relaxed)
            stuck.put(())
            await release.value
            busy.wrappingSubtract(1, ordering: .relaxed)
        }
        let running = Task { try await consumer.run() }
        _ = await stuck.next()
        #expect(await others.next() == 0)
        for _ in 0..<2 {
            // The member is put out, and joins anew.
            try await cluster.fail(.heartbeat, with: KafkaError.Code("UNKNOWN_MEMBER_ID"))
            #expect(await others.next() == 0)
        }
        // Both partitions are read since the same moment.
        try await producer.send(KafkaRecord(topic: "orders", value: [1], partition: 1))
        #expect(await others.next() == 1)
        #expect(most.load(ordering: .relaxed) == 1)
        release.set(())
        _ = await stuck.next()
        #expect(most.load(ordering: .relaxed) == 1)
        await consumer.shutdown()
        try await running.value
        await producer.shutdown()
        await cluster.shutdown()
    }
}
