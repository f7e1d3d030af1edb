// SPDX-License-Identifier: Apache-2.0

import StitchService
import StitchTesting
import Synchronization
import Testing
import TracedKafka

@Suite("A transaction, on a real broker,", .timeLimit(.minutes(2)))
struct KafkaTransactionTests {
    private struct Bounced: Error {}

    private func configuration(_ id: String) throws -> KafkaConfiguration {
        var configuration = try KafkaServer.configuration()
        configuration.transactionalID = id
        configuration.transactionTimeout = .seconds(30)
        return configuration
    }

    /// Does something again for as long as that may help.
    private func repeatedly(_ body: () async throws -> Void) async throws {
        while true {
            do { return try await body() } catch let error as KafkaError where error.isRetryable { continue }
        }
    }

    /// What consumers see that read what is committed, up to a last record with this value.
    private func received(from topic: String, upTo last: [UInt8]) async throws -> [[UInt8]?] {
        let inbox = Inbox<[UInt8]?>()
        let group = KafkaServer.name("reader")
        let consumer = try TracedKafkaConsumer(KafkaServer.configuration(), group: group, topics: [topic]) {
            inbox.put($0.value)
        }
        let running = Task { try await consumer.run() }
        var values: [[UInt8]?] = []
        while let value = await inbox.next() {
            values.append(value)
            if value == last { break }
        }
        await consumer.shutdown()
        try await running.value
        return values
    }

    @Test("is seen as a whole when it is committed, and not at all when its body throws or a record fails")
    func commitAndAbort() async throws {
        try await withLintedTest { _ in try await commitThenAbort() }
    }

    private func commitThenAbort() async throws {
        let topic = KafkaServer.name("transaction")
        var configuration = try configuration(topic)
        configuration.properties["message.max.bytes"] = "2000000"
        let producer = try TracedKafkaProducer(configuration)
        let count = try await producer.withTransaction { transaction in
            for index in 0..<10 {
                try await transaction.enqueue(KafkaRecord(topic: topic, value: [UInt8(index)], partition: 0))
            }
            return 10
        }
        #expect(count == 10)
        await #expect(throws: Bounced.self) {
            try await producer.withTransaction { transaction in
                try await transaction.send(KafkaRecord(topic: topic, value: [100], partition: 0))
                try await transaction.enqueue(KafkaRecord(topic: topic, value: [101], partition: 0))
                throw Bounced()
            }
        }
        // Larger than the broker allows.
        let failed = await #expect(throws: KafkaError.self) {
            try await producer.withTransaction { transaction in
                try await transaction.enqueue(KafkaRecord(topic: topic, value: [102], partition: 0))
                let value = [UInt8](repeating: 0, count: 1_500_000)
                try await transaction.enqueue(KafkaRecord(topic: topic, value: value, partition: 0))
            }
        }
        #expect(failed?.isFatal == false)
        #expect(failed?.isRetryable == true)
        // A record that the broker refuses has used up a number in 2.0.2, so that the next one may be refused too, once.
        try await repeatedly {
            try await producer.withTransaction { transaction in
                _ = try await transaction.send(contentsOf: [KafkaRecord(topic: topic, value: [255], partition: 0)])
                    .get()
            }
        }
        try await producer.flush()
        #expect(producer.health.blocker == nil)
        await producer.shutdown()
        #expect(try await received(from: topic, upTo: [255]) == (0..<10).map { [UInt8($0)] } + [[255]])
    }

    @Test("has all records that are sent together by one call, or none of them")
    func together() async throws {
        let topic = KafkaServer.name("together")
        // To one partition without being told: librdkafka takes such records together.
        let records = { (values: Range<UInt8>) in values.map { KafkaRecord(topic: topic, key: "k", value: [$0]) } }
        let producer = try KafkaProducer(configuration(topic))
        try await producer.withTransaction { _ = try await $0.send(contentsOf: records(0..<40)).get() }
        await #expect(throws: Bounced.self) {
            try await producer.withTransaction { transaction in
                _ = try await transaction.send(contentsOf: records(100..<140)).get()
                throw Bounced()
            }
        }
        let outside = await producer.send(contentsOf: records(200..<210))
        #expect(outside.failures.count == 10)
        try await producer.withTransaction { _ = try await $0.send(contentsOf: records(250..<255)).get() }
        await producer.shutdown()
        let expected = (Array(0..<40) + Array(250..<255)).map { [UInt8($0)] }
        #expect(try await received(from: topic, upTo: [254]) == expected)
    }

    @Test("that is aborted loses nothing that anybody has to be told of, however long a handle is kept")
    func keptHandle() async throws {
        let target = KafkaServer.name("kept")
        var lingering = try configuration(target)
        lingering.linger = .seconds(10)
        let producer = try KafkaProducer(lingering)
        let kept = Mutex<KafkaEnqueued?>(nil)
        await #expect(throws: Bounced.self) {
            try await producer.withTransaction { transaction in
                let handle = try await transaction.enqueue(KafkaRecord(topic: target, value: [1]))
                kept.withLock { $0 = handle }
                throw Bounced()
            }
        }
        kept.withLock { $0 = nil }
        #expect(producer.health.blocker == nil)
        try await producer.flush()
        await producer.shutdown()
    }

    @Test("takes a consumer's offsets along, and leaves them where they were when it is aborted")
    func offsets() async throws {
        let (source, target) = (KafkaServer.name("source"), KafkaServer.name("target"))
        let filling = try KafkaProducer(KafkaServer.configuration())
        _ = await filling.send(contentsOf: (0..<4).map { KafkaRecord(topic: source, value: [$0], partition: 0) })
        await filling.shutdown()

        let producer = try KafkaProducer(configuration(target))
        var options = KafkaConsumerOptions()
        options.commit = .manual
        let consumer = try KafkaConsumer(
            KafkaServer.configuration(),
            group: source,
            topics: [source],
            options: options
        )
        let partition = KafkaTopicPartition(topic: source, partition: 0)
        for try await record in consumer.records {
            if record.offset == 1 {
                await #expect(throws: Bounced.self) {
                    try await producer.withTransaction { transaction in
                        try await transaction.sendOffsets(of: [record], from: consumer)
                        throw Bounced()
                    }
                }
                #expect(try await consumer.committed([partition])[partition] == 1)
            }
            try await producer.withTransaction { transaction in
                try await transaction.send(KafkaRecord(topic: target, value: record.value, partition: 0))
                try await transaction.sendOffsets(of: [record], from: consumer)
            }
            #expect(try await consumer.committed([partition])[partition] == record.offset + 1)
            if record.offset == 3 { break }
        }
        await consumer.shutdown()
        await producer.shutdown()
        #expect(try await received(from: target, upTo: [3]) == [[0], [1], [2], [3]])
    }

    @Test("fails as fenced once another producer has the id, which goes on; the older one is closed")
    func fenced() async throws {
        let topic = KafkaServer.name("fenced")
        let older = try KafkaProducer(configuration(topic))
        let running = Task { try await older.run() }
        try await older.withTransaction { try await $0.send(KafkaRecord(topic: topic, value: [1], partition: 0)) }
        let newer = try KafkaProducer(configuration(topic))
        try await newer.withTransaction { try await $0.send(KafkaRecord(topic: topic, value: [2], partition: 0)) }
        let error = await #expect(throws: KafkaError.self) {
            try await older.withTransaction { transaction in
                _ = try await transaction.enqueue(KafkaRecord(topic: topic, value: [3], partition: 0))
            }
        }
        #expect(error?.errorType == "PRODUCER_FENCED" && error?.isFatal == true && error?.isRetryable == false)
        let ended = await #expect(throws: KafkaError.self) { try await running.value }
        #expect(ended?.code == .producerFenced)
        let closed = await #expect(throws: KafkaError.self) {
            try await older.send(KafkaRecord(topic: topic, value: [4]))
        }
        #expect(closed?.code == .closed && closed?.cause != nil)
        await older.shutdown()
        try await newer.withTransaction { try await $0.send(KafkaRecord(topic: topic, value: [255], partition: 0)) }
        await newer.shutdown()
        #expect(try await received(from: topic, upTo: [255]) == [[1], [2], [255]])
    }

    @Test("is one at a time, and needs an id")
    func refused() async throws {
        let topic = KafkaServer.name("refused")
        let producer = try KafkaProducer(configuration(topic))
        try await producer.withTransaction { transaction in
            let error = await #expect(throws: KafkaError.self) { try await producer.withTransaction { _ in } }
            #expect(error?.code.description == "_STATE")
            try await transaction.send(KafkaRecord(topic: topic, value: [1], partition: 0))
        }
        await producer.shutdown()
        let without = try KafkaProducer(KafkaServer.configuration())
        let error = await #expect(throws: KafkaError.self) { try await without.withTransaction { _ in } }
        #expect(error?.code == .configuration && error?.message.contains("transactionalID") == true)
        await without.shutdown()
    }
}
