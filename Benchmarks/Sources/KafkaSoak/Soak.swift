// SPDX-License-Identifier: Apache-2.0

import SoakSupport
import StitchKafka
import StitchService
import Synchronization
import TelemetryAPI
import TelemetryData
import TelemetrySDK
import TracedKafka

/// Records on their way round: a traced producer, a broker, a traced consumer.
final class Soak: Sendable {
    private struct DiscardingExporter: SpanExporter {
        func export(_ batch: SpanBatch) throws {}
    }

    /// What its tasks know of each other.
    private final class Counts: Sendable {
        let sent = Atomic(0)
        let received = Atomic(0)
        let isDone = Atomic(false)
    }

    /// How many records may be on their way, and how many in the producer's queue: enough for the rate, and few enough that
    /// the broker never deletes one that nobody has read, and that the memory is what it will be within the first minute.
    private static let lag = 20_000
    private static let partitions = 4

    private let configuration: KafkaConfiguration
    private let topic = "soak-\(UInt32.random(in: 0 ... .max))"
    private let processor: BatchSpanProcessor
    private let counts = Counts()

    /// A topic whose records the broker deletes soon, and a tracer that samples everything.
    init(_ configuration: KafkaConfiguration) async throws {
        var configuration = configuration
        configuration.queueRecords = Self.lag
        self.configuration = configuration
        processor = BatchSpanProcessor(exporter: DiscardingExporter())
        TelemetrySystem.install(
            SDKTracer(resource: Resource(attributes: ["service.name": "soak"]), processor: processor)
        )
        let retention = ["retention.bytes": "536870912", "segment.bytes": "33554432"]
        let new = KafkaNewTopic(topic, partitions: Self.partitions, replicationFactor: 1, configuration: retention)
        try await KafkaAdmin(configuration).createTopics([new])
    }

    /// How many spans came to nothing.
    var droppedSpans: Int { Int(processor.counts.dropped) }

    /// Sends and receives.
    func run(minutes: Int) async throws -> [Minute] {
        let producer = try TracedKafkaProducer(configuration)
        let consumer = try TracedKafkaConsumer(configuration, group: topic, topics: [topic]) { [counts] _ in
            counts.received.add(1, ordering: .relaxed)
        }
        let measured = try await withThrowingTaskGroup(of: [Minute].self) { group in
            group.addTask {
                try await consumer.run(); return []
            }
            group.addTask {
                try await self.send(producer); return []
            }
            group.addTask {
                let measured = try await self.measure(minutes)
                self.counts.isDone.store(true, ordering: .relaxed)
                await consumer.shutdown()
                return measured
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        await producer.shutdown()
        try await KafkaAdmin(configuration).deleteTopics([topic])
        return measured
    }

    /// Hands records over as fast as the consumer comes after.
    private func send(_ producer: TracedKafkaProducer) async throws {
        let value = [UInt8](repeating: 0, count: 1024)
        var count = 0
        while !counts.isDone.load(ordering: .relaxed) {
            for _ in 0..<1000 {
                let partition = Int32(count % Self.partitions)
                try await producer.enqueue(KafkaRecord(topic: topic, value: value, partition: partition))
                count += 1
            }
            counts.sent.store(count, ordering: .relaxed)
            // Nobody tells when the consumer has caught up.
            while count - counts.received.load(ordering: .relaxed) > Self.lag, !counts.isDone.load(ordering: .relaxed) {
                try await Task.sleep(for: .milliseconds(1))
            }
        }
    }

    private func measure(_ minutes: Int) async throws -> [Minute] {
        var measured: [Minute] = []
        let start = ContinuousClock.now
        for number in 1...minutes {
            let before = (counts.sent.load(ordering: .relaxed), counts.received.load(ordering: .relaxed))
            var residents: [Int] = []
            for second in 1...60 {
                try await Task.sleep(until: start + .seconds((number - 1) * 60 + second), clock: .continuous)
                if let resident = ResidentMemory.now { residents.append(resident) }
            }
            measured.append(
                Minute(
                    number: number,
                    resident: residents.reduce(0, +) / max(residents.count, 1),
                    sent: counts.sent.load(ordering: .relaxed) - before.0,
                    received: counts.received.load(ordering: .relaxed) - before.1
                )
            )
        }
        return measured
    }
}
