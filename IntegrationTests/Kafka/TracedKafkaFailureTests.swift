// SPDX-License-Identifier: Apache-2.0

import StitchTesting
import TelemetryData
import Testing
import TracedKafka

@Suite(
    "Traced Kafka, on a real broker, with a member that is killed,",
    .timeLimit(.minutes(3)),
    .enabled(if: ServerPack.isExpected, "needs STITCH_TEST_SERVERS")
)
struct TracedKafkaFailureTests {
    private static let count = 1000

    private func send(to topic: String) async throws {
        let producer = try TracedKafkaProducer(KafkaServer.configuration())
        for index in 0..<Self.count {
            try await producer.enqueue(KafkaRecord(topic: topic, key: "\(index)", value: "{}"))
        }
        try await producer.flush()
        await producer.shutdown()
    }

    /// Lets a member of a group work until some of its spans are known, and others not yet, and kills it.
    ///
    /// - Returns: How many records it had begun.
    private func begunUntilKilled(
        _ manner: KafkaMemberProcess.Manner,
        _ topic: String,
        _ configuration: KafkaConfiguration,
        _ service: String,
        _ receiver: ThreadedReceiver
    ) async throws -> Int {
        let member = try KafkaMemberProcess(
            group: topic,
            topic: topic,
            brokers: configuration.brokers,
            manner,
            // It could be done with all before its first spans are here.
            most: Self.count / 2,
            environment: [
                "OTEL_SERVICE_NAME": service, "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.endpoint,
                // Only whole batches, so that the last spans are missing whenever it is killed.
                "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "100", "OTEL_BSP_MAX_QUEUE_SIZE": "10000",
                "OTEL_BSP_SCHEDULE_DELAY": "3600000", "OTEL_METRICS_EXPORTER": "none",
            ]
        )
        var begun = 0
        for await case .begin in member.lines {
            begun += 1
            guard begun == 51 else { continue }
            _ = await receiver.spans(atLeast: 1)
            member.kill()
        }
        return begun
    }

    @Test("keeps each record's flow whole, but for the spans that the killed process had not exported")
    func killed() async throws {
        let receiver = try ThreadedReceiver()
        defer { receiver.stop() }
        let configuration = try KafkaServer.configuration()
        let (topic, next) = (KafkaServer.name("killed"), "-next")
        let admin = try KafkaAdmin(configuration)
        for name in [topic, topic + next] { try await admin.createTopic(name, partitions: 2) }
        var begun = 0
        let killed = KilledProcess(service: "member", topics: [topic + next])
        let missing = try await withLintedTest(killing: killed) { test in
            try await send(to: topic)
            begun = try await begunUntilKilled(.traced, topic, configuration, killed.service, receiver)

            let producer = try TracedKafkaProducer(configuration)
            let second = try TracedKafkaConsumer(configuration, group: topic, topics: [topic]) { record in
                try await producer.send(KafkaRecord(topic: topic + next, key: record.key, value: record.value))
            }
            let runningSecond = Task { try await second.run() }
            let inbox = Inbox<[UInt8]>()
            let last = try TracedKafkaConsumer(configuration, group: topic + next, topics: [topic + next]) { record in
                inbox.put(record.key ?? [])
            }
            let runningLast = Task { try await last.run() }
            var keys: Set<[UInt8]> = []
            while keys.count < Self.count, let key = await inbox.next() { keys.insert(key) }
            await second.shutdown()
            try await runningSecond.value
            await last.shutdown()
            try await runningLast.value
            await producer.shutdown()
            for span in receiver.spans { test.spans.ended(span) }
        }
        #expect(begun > 0 && begun < Self.count)
        // Each record that it sent on has a span that works on it, which may refer to one that is missing; so may the spans
        // of the last record that it had.
        #expect(missing <= 2 * begun)
        print("\(missing) spans refer to one that was lost with the killed process, which had begun \(begun) records")
    }

    private struct Refused: Error {}

    @Test(
        "keeps the flow of each record whole that it moved, or had not committed yet, but for the spans it had not exported"
    )
    func killedMoving() async throws {
        let receiver = try ThreadedReceiver()
        defer { receiver.stop() }
        let configuration = try KafkaServer.configuration()
        let topic = KafkaServer.name("killed-moving")
        let admin = try KafkaAdmin(configuration)
        for name in [topic, "\(topic).dead"] { try await admin.createTopic(name, partitions: 2) }
        var begun = 0
        let killed = KilledProcess(service: "member", topics: ["\(topic).dead"])
        let missing = try await withLintedTest(killing: killed) { test in
            try await send(to: topic)
            begun = try await begunUntilKilled(.failsTraced, topic, configuration, killed.service, receiver)

            let second = try TracedKafkaConsumer(
                configuration,
                group: topic,
                topics: [topic],
                onFailure: .moveAside(retry: [])
            ) { _ in throw Refused() }
            let runningSecond = Task { try await second.run() }
            let inbox = Inbox<[UInt8]>()
            let last = try TracedKafkaConsumer(configuration, group: "\(topic).dead", topics: ["\(topic).dead"]) {
                record in
                inbox.put(record.key ?? [])
            }
            let runningLast = Task { try await last.run() }
            var keys: Set<[UInt8]> = []
            while keys.count < Self.count, let key = await inbox.next() { keys.insert(key) }
            await second.shutdown()
            try await runningSecond.value
            await last.shutdown()
            try await runningLast.value
            for span in receiver.spans { test.spans.ended(span) }
        }
        #expect(begun > 0 && begun < Self.count)
        // Of each record that it had, the move and the work in the dead topic may refer to a try that is missing.
        #expect(missing <= 3 * begun)
        print("\(missing) spans refer to one that was lost with the killed process, which had begun \(begun) records")
    }
}
