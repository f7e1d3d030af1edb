// SPDX-License-Identifier: Apache-2.0

import MessageTracing
import StitchKafka
import StitchTesting
import TelemetryAPI
import TelemetryData
import Testing

@testable import TracedKafka

@Suite("The records of a traced consumer", .timeLimit(.minutes(1)))
struct TracedKafkaRecordsTests {
    private func send(_ topic: String, _ count: Int) async throws {
        let producer = try TracedKafkaProducer(TestCluster.configuration())
        for index in 0..<count {
            try await producer.send(KafkaRecord(topic: topic, key: "k", value: [UInt8(index)], partition: 0))
        }
        await producer.shutdown()
    }

    @Test("are polled in a span that links to each, and processed in one of their own where they say so")
    func spans() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let topic = try await TestCluster.topic("sequence")
            try await send(topic, 3)
            let consumer = try TracedKafkaConsumer(TestCluster.configuration(), group: topic, topics: [topic])
            var current: [Span?] = []
            for try await record in consumer.records {
                await record.process { current.append(Span.current) }
                if record.offset == 2 { break }
            }
            await consumer.shutdown()

            let sent = test.spans.send(topic)
            let polls = test.spans.named("poll \(topic)")
            #expect(polls.allSatisfy { $0.kind == .client && $0.parentSpanID == nil })
            #expect(polls.flatMap(\.links).map(\.spanID) == sent.map(\.spanID))
            let link = try #require(polls.first?.links.first)
            #expect(link.attributes["messaging.kafka.offset"] == .int(0))
            #expect(link.attributes["messaging.destination.partition.id"] == .string("0"))
            #expect(link.attributes["messaging.kafka.message.key"] == .string("k"))
            #expect(link.attributes["stitch.message.timestamp_type"] == .string("create_time"))
            #expect(polls.last?.links.last?.attributes["stitch.kafka.lag"] == .int(0))

            let processed = test.spans.process(topic)
            #expect(processed.map(\.spanID) == current.map { $0?.spanID })
            #expect(processed.map(\.traceID) == sent.map(\.traceID))
            #expect(processed.map(\.parentSpanID) == sent.map(\.spanID))
            #expect(processed.last?.attributes["stitch.kafka.lag"] == .int(0))
            let first = try #require(processed.first).attributes
            #expect(first["stitch.wait"] != nil || first["stitch.clock_skew"] != nil)
        }
    }

    @Test("are polled in a span as far as they were handed over, and no further")
    func handedOver() async throws {
        try await withStitchTest { test in
            let topic = try await TestCluster.topic("handed-over")
            try await send(topic, 150)
            let first = try TracedKafkaConsumer(TestCluster.configuration(), group: topic, topics: [topic])
            for try await record in first.records where record.offset == 139 { break }
            await first.shutdown()
            // As many as a span has links to, then the rest; what was fetched beyond is nobody's yet.
            let links = test.spans.named("poll \(topic)").flatMap(\.links)
            #expect(links.compactMap { $0.attributes["messaging.kafka.offset"] } == (0..<140).map { .int($0) })
            #expect(test.measurements.total(of: "messaging.client.consumed.messages") == 140)

            let group = "\(topic)-batches"
            let second = try TracedKafkaConsumer(TestCluster.configuration(), group: group, topics: [topic])
            var sizes: [Int] = []
            for try await batch in second.batches(upTo: 40) {
                sizes.append(batch.count)
                if batch.last.map({ $0.offset >= 100 }) ?? true { break }
            }
            await second.shutdown()
            let polls = test.spans.named("poll \(topic)").filter {
                $0.attributes["messaging.consumer.group.name"] == .string(group)
            }
            #expect(polls.map(\.links.count) == sizes)
            #expect(polls.allSatisfy { $0.end >= $0.start })
        }
    }

    @Test("are committed in a span, also when the consumer leaves")
    func commits() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let topic = try await TestCluster.topic("commit")
            try await send(topic, 3)
            let consumer = try TracedKafkaConsumer(TestCluster.configuration(), group: topic, topics: [topic])
            for try await record in consumer.records {
                await record.process {}
                if record.offset == 1 { try await consumer.commit() }
                if record.offset == 2 { break }
            }
            await consumer.shutdown()
            let commits = test.spans.named("commit \(topic)")
            #expect(commits.count == 2)
            #expect(commits.allSatisfy { $0.kind == .client && $0.status == .unset && $0.links.isEmpty })
            #expect(commits.first?.attributes["messaging.operation.type"] == .string("settle"))
            #expect(commits.first?.attributes["messaging.consumer.group.name"] == .string(topic))
        }
    }

    @Test("have no poll span where that is off, and are counted once either way")
    func noPollSpans() async throws {
        for makesPollSpans in [true, false] {
            try await withStitchTest(lint: FlowLint()) { test in
                let topic = try await TestCluster.topic("poll-off")
                try await send(topic, 2)
                let consumer = try TracedKafkaConsumer(
                    TestCluster.configuration(),
                    group: topic,
                    topics: [topic],
                    pollSpans: makesPollSpans
                )
                for try await batch in consumer.batches(upTo: 10) {
                    for record in batch { await record.process {} }
                    if batch.last?.offset == 1 { break }
                }
                await consumer.shutdown()
                #expect(test.spans.named("poll \(topic)").isEmpty != makesPollSpans)
                #expect(test.spans.process(topic).count == 2)
                #expect(test.measurements.total(of: "messaging.client.consumed.messages") == 2)
            }
        }
    }
}
