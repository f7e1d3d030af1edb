// SPDX-License-Identifier: Apache-2.0

import StitchTesting
import TelemetryData
import Testing
import TracedKafka

@Suite("The spans of a transaction, on a real broker,", .timeLimit(.minutes(2)))
struct KafkaTransactionSpanTests {
    private struct Bounced: Error {}

    private func producer(_ id: String) throws -> TracedKafkaProducer {
        var configuration = try KafkaServer.configuration()
        configuration.transactionalID = id
        return try TracedKafkaProducer(configuration)
    }

    @Test("are its own, with the sends and the commit of offsets below, and say that it was aborted")
    func committedAndAborted() async throws {
        try await withLintedTest { test in
            let (source, target) = (KafkaServer.name("source"), KafkaServer.name("target"))
            let filling = try TracedKafkaProducer(KafkaServer.configuration())
            try await filling.send(KafkaRecord(topic: source, value: [1], partition: 0))
            await filling.shutdown()
            let producer = try producer(target)
            var options = KafkaConsumerOptions()
            options.commit = .manual
            let consumer = try TracedKafkaConsumer(
                KafkaServer.configuration(),
                group: source,
                topics: [source],
                options: options
            )
            for try await record in consumer.records {
                await #expect(throws: Bounced.self) {
                    try await producer.withTransaction { transaction in
                        try await transaction.send(KafkaRecord(topic: target, value: [1], partition: 0))
                        throw Bounced()
                    }
                }
                try await record.process {
                    try await producer.withTransaction { transaction in
                        try await transaction.send(KafkaRecord(topic: target, value: record.value, partition: 0))
                        try await transaction.sendOffsets(of: [record], from: consumer)
                    }
                }
                break
            }
            await consumer.shutdown()
            await producer.shutdown()

            let transactions = test.spans.named("transaction")
            #expect(transactions.map(\.status.isError) == [true, false])
            #expect(transactions.first?.attributes["error.type"] == .string("Bounced"))
            let sends = test.spans.send(target)
            #expect(sends.map(\.parentSpanID) == transactions.map(\.spanID) && sends.allSatisfy { !$0.status.isError })
            let commit = try #require(test.spans.named("commit \(source)").first)
            #expect(commit.parentSpanID == transactions.last?.spanID)
            #expect(commit.attributes["messaging.consumer.group.name"] == .string(source))
            #expect(transactions.last?.parentSpanID == test.spans.process(source).first?.spanID)
        }
    }

    @Test("say that another producer has taken over")
    func fenced() async throws {
        try await withLintedTest { test in
            let topic = KafkaServer.name("fenced")
            let older = try producer(topic)
            try await older.withTransaction { try await $0.send(KafkaRecord(topic: topic, value: [1], partition: 0)) }
            let newer = try producer(topic)
            try await newer.withTransaction { try await $0.send(KafkaRecord(topic: topic, value: [2], partition: 0)) }
            let error = await #expect(throws: KafkaError.self) {
                try await older.withTransaction { transaction in
                    try await transaction.send(KafkaRecord(topic: topic, value: [3], partition: 0))
                }
            }
            await older.shutdown()
            await newer.shutdown()
            let failed = test.spans.named("transaction").filter(\.status.isError)
            #expect(failed.map { $0.attributes["error.type"] } == [error.map { .string($0.errorType) }])
        }
    }
}
