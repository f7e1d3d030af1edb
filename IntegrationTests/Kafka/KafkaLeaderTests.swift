// SPDX-License-Identifier: Apache-2.0

import StitchService
import Testing
import TracedKafka

@Suite(
    "Kafka clients whose partitions' leaders change, with three real brokers,",
    .timeLimit(.minutes(10)),
    .enabled(if: ServerPack.isExpected, "needs STITCH_TEST_SERVERS")
)
struct KafkaLeaderTests {
    @Test("deliver each acknowledged record at least once, in order, and never commit past one that was not handled")
    func leaders() async throws {
        try await ServerPack.with("kafka", ["--nodes", "3"]) { pack in
            let topic = try await LedTopic("orders", partitions: 6, on: pack)
            try await withLintedTest { _ in try await LedTraffic(over: topic).run() }
        }
    }
}

/// Records that are sent and received while leaders change.
private struct LedTraffic {
    private let topic: LedTopic
    private let senders: SenderLog
    private let log: DeliveryLog
    private let producer: TracedKafkaProducer
    private let consumer: TracedKafkaConsumer

    init(over topic: LedTopic) throws {
        let (senders, log) = (SenderLog(), DeliveryLog())
        self.topic = topic
        self.senders = senders
        self.log = log
        producer = try TracedKafkaProducer(topic.configuration)
        consumer = try TracedKafkaConsumer(topic.configuration, group: "billing", topics: [topic.name]) { record in
            log.begin(record, member: 1)
            senders.begin(record)
            await Task.yield()
            senders.finish(record)
            log.end(record)
        }
    }

    func run() async throws {
        // Whichever of them fails ends the others, as `waitForAll` would not have it do.
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await consumer.run() }
            group.addTask {
                try await sendWhileLeadersChange()
                // A record that is lost leaves nothing to wait for; of the group's lag nobody tells.
                while try await consumer.lag().values.contains(where: { $0 > 0 }) {
                    try await Task.sleep(for: .milliseconds(10))
                }
                try await expectCommitted()
                await consumer.shutdown()
            }
            while try await group.next() != nil {}
        }
        await producer.shutdown()
        #expect(senders.missing == 0 && senders.faults.isEmpty && log.faults.isEmpty)
        #expect(senders.acknowledged > 3000)
        if senders.withoutOffset > 0 {
            print("\(senders.withoutOffset) records were acknowledged without an offset")
        }
    }

    /// Whichever fails ends the others here, too.
    private func sendWhileLeadersChange() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for sender in 0..<12 {
                group.addTask { try await senders.send("\(sender)", to: topic.name, producer) }
            }
            group.addTask {
                try await makeProgress()
                try await changeLeaders(by: .kill, of: 1)
                try await changeLeaders(by: .stop, of: 2)
                senders.end()
            }
            while try await group.next() != nil {}
        }
    }

    private func changeLeaders(by loss: LedTopic.Loss, of node: Int32) async throws {
        try await topic.without(node, loss) { try await makeProgress() }
        try await topic.electPreferred()
        try await makeProgress()
    }

    /// Waits until records were sent and worked on that nobody had before; looks at what is committed meanwhile.
    private func makeProgress() async throws {
        let before = senders.acknowledged
        let deadline = ContinuousClock.now + .seconds(120)
        while senders.acknowledged < before + 500 || log.finishedCount < before + 500 {
            try await expectCommitted()
            try await Task.sleep(for: .milliseconds(20))
            guard ContinuousClock.now < deadline else {
                let counts = "\(senders.acknowledged - before) sent, \(log.finishedCount - before) received"
                throw ServerPack.Failure(description: "Nothing goes on since leaders changed: \(counts)")
            }
        }
    }

    /// Nothing is committed that was not handled.
    private func expectCommitted() async throws {
        let places = (0..<Int32(topic.partitions)).map { KafkaTopicPartition(topic: topic.name, partition: $0) }
        do throws(KafkaError) {
            // Asked first: what is worked on only gets more.
            for (partition, offset) in try await consumer.committed(places) {
                #expect(offset <= log.finished(before: partition), "\(partition)")
            }
        } catch {
            guard error.isRetryable else { throw error }
        }
    }
}
