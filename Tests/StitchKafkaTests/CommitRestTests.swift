// SPDX-License-Identifier: Apache-2.0

import KafkaTesting
import StitchTesting
import Testing

@testable import StitchKafka

@Suite("A consumer that the group takes for no member", .timeLimit(.minutes(1)))
struct CommitRestTests {
    private enum Step: Equatable {
        case handled(Int64)
        case committed(KafkaError.Code?)
    }

    /// Tells of commits.
    private struct Commits: ConsumerObserver {
        let steps: Inbox<Step>
        let processor: (any KafkaRecordProcessor)? = nil

        func companion(of topic: String) -> (any AnyObject & Sendable)? { nil }
        func now() -> UInt64 { 0 }
        func polled(_ records: [KafkaConsumedRecord], since start: UInt64, until end: UInt64) {}
        func ended() {}
        func commit(_ topics: [String], _ body: () -> KafkaError?) -> KafkaError? {
            let error = body()
            steps.put(.committed(error?.code))
            return error
        }
    }

    @Test(
        "commits no more until it has joined again, and then what it got again",
        arguments: ["UNKNOWN_MEMBER_ID", "ILLEGAL_GENERATION"]
    )
    func rests(name: String) async throws {
        let cluster = try MockKafkaCluster()
        try await cluster.createTopic("orders")
        let refusal = KafkaError.Code(name)
        try await cluster.fail(.offsetCommit, with: refusal)
        var configuration = cluster.configuration
        configuration.commitInterval = .milliseconds(1)
        let producer = try KafkaProducer(configuration)
        try await producer.send(KafkaRecord(topic: "orders", value: [1]))
        await producer.shutdown()
        let steps = Inbox<Step>()
        let consumer = try KafkaConsumer(
            configuration,
            .topics(["orders"], group: "billing"),
            options: KafkaConsumerOptions(),
            handler: RecordHandler(.each { steps.put(.handled($0.offset)) }),
            observer: Commits(steps: steps)
        )
        let running = Task { try await consumer.run() }
        // Between the two commits the cluster would refuse any other as well.
        #expect(await steps.take(4) == [.handled(0), .committed(refusal), .handled(0), .committed(nil)])
        await consumer.shutdown()
        try await running.value
        await cluster.shutdown()
    }

    @Test("commits again where it never joined: partitions that it was given are read and committed as before")
    func partitions() async throws {
        let cluster = try MockKafkaCluster()
        try await cluster.createTopic("orders")
        var configuration = cluster.configuration
        configuration.commitInterval = .seconds(600)
        let producer = try KafkaProducer(configuration)
        for value in [UInt8](0..<3) { try await producer.send(KafkaRecord(topic: "orders", value: [value])) }
        await producer.shutdown()
        let partition = KafkaTopicPartition(topic: "orders", partition: 0)
        let consumer = try KafkaConsumer(configuration, partitions: [partition: .committed], group: "billing")
        let refusal = KafkaError.Code("UNKNOWN_MEMBER_ID")
        var seen: [Int64] = []
        for try await record in consumer.records {
            seen.append(record.offset)
            if record.offset == 1 {
                try await cluster.fail(.offsetCommit, with: refusal)
                let error = await #expect(throws: KafkaError.self) { try await consumer.commit() }
                #expect(error?.code == refusal)
                try await consumer.commit()
                #expect(try await consumer.committed([partition]) == [partition: 1])
            }
            if seen.count == 3 { break }
        }
        #expect(seen == [0, 1, 2])
        await consumer.shutdown()
        await cluster.shutdown()
    }
}
