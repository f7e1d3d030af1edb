// SPDX-License-Identifier: Apache-2.0

import CKafkaLoops
import StitchKafka
import StitchService
import Synchronization
import TelemetryAPI
import TelemetryData
import TelemetrySDK
import TraceContext
import TracedKafka

/// What receiving costs: records of four partitions from the first to the last, by a handler, in sequences, traced.
enum ConsumeBenchmarks {
    private static var records: Int { KafkaBenchmarks.records * 2 }

    private struct DiscardingExporter: SpanExporter {
        func export(_ batch: SpanBatch) throws {}
    }

    private static func contest(_ entries: [KafkaContest.Entry]) -> KafkaContest {
        KafkaContest(rounds: KafkaBenchmarks.rounds, entries: entries)
    }

    /// Fills a topic that is gone afterwards; each record has the header of a traced one.
    private static func withRecords(
        _ configuration: KafkaConfiguration,
        isSampled: Bool = true,
        _ body: (String) async throws -> Void
    ) async throws {
        try await KafkaBenchmarks.withTopic(configuration) { topic in
            let producer = try KafkaProducer(configuration)
            let flags = isSampled ? "01" : "00"
            let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-\(flags)"
            let headers: KafkaHeaders = ["traceparent": parent]
            let value = [UInt8](repeating: 0, count: KafkaBenchmarks.valueSize)
            for index in 0..<records {
                let partition = Int32(index % KafkaBenchmarks.partitions)
                try await producer.enqueue(
                    KafkaRecord(topic: topic, value: value, headers: headers, partition: partition)
                )
            }
            try await producer.flush(timeout: .seconds(60))
            await producer.shutdown()
            try await body(topic)
        }
    }

    private static func consumeC(
        _ name: String,
        _ brokers: String,
        readsHeader: Bool = false,
        work: Int = 0
    ) -> KafkaContest.Entry {
        KafkaContest.Entry(name: name) { topic in
            try await KafkaContest.measureC(records) {
                kafka_loop_consume(brokers, topic, records, readsHeader ? 1 : 0, work, $0)
            }
        }
    }

    private static func starts(_ topic: String) -> [KafkaTopicPartition: KafkaStart] {
        let partitions = (0..<Int32(KafkaBenchmarks.partitions)).map {
            KafkaTopicPartition(topic: topic, partition: $0)
        }
        return Dictionary(uniqueKeysWithValues: partitions.map { ($0, .beginning) })
    }

    /// Measures from the first record to the last of each partition.
    private final class Finish: Sendable {
        private struct State {
            var start: ContinuousClock.Instant?
            var cpu = 0.0
            var left = KafkaBenchmarks.partitions
            var turn: KafkaContest.Turn?
        }

        private let state = Mutex(State())
        private let last = Int64(ConsumeBenchmarks.records / KafkaBenchmarks.partitions - 1)

        @inline(__always)
        func saw(_ offset: Int64) -> Bool { (offset == 0 || offset == last) && isOver(at: offset) }

        // Apart, so that all the others of its records cost a comparison.
        @inline(never)
        private func isOver(at offset: Int64) -> Bool {
            state.withLock { state in
                if offset == 0, state.start == nil {
                    state.start = .now
                    state.cpu = kafka_loop_cpu_seconds()
                }
                if offset == last { state.left -= 1 }
                guard state.left == 0, let start = state.start else { return false }
                state.turn = KafkaContest.Turn(
                    records: ConsumeBenchmarks.records,
                    seconds: start.duration(to: .now) / .seconds(1),
                    cpuSeconds: kafka_loop_cpu_seconds() - state.cpu
                )
                return true
            }
        }

        var turn: KafkaContest.Turn {
            get throws {
                guard let turn = state.withLock({ $0.turn }) else {
                    throw KafkaContest.Failure(description: "the records ended early")
                }
                return turn
            }
        }
    }

    private typealias Handler = nonisolated(nonsending) @Sendable (KafkaConsumedRecord) async throws -> Void

    private static func run(
        _ make: (@escaping Handler) throws -> some KafkaConsuming
    ) async throws -> KafkaContest.Turn {
        let finish = Finish()
        let (done, finished) = AsyncStream.makeStream(of: Void.self)
        // What it takes to end is no part of what each record takes: a frame as large as for the last would be its frame.
        let tell: @Sendable () -> Void = { finished.yield(()) }
        let consumer = try make { record in if finish.saw(record.offset) { tell() } }
        async let running: Void = consumer.run()
        for await _ in done { break }
        await consumer.shutdown()
        try await running
        return try finish.turn
    }

    // MARK: Plain

    static func plain(_ configuration: KafkaConfiguration) async throws -> [Figure] {
        var figures: [Figure] = []
        try await withRecords(configuration) { topic in
            let turns = try await contest([
                consumeC("c", configuration.brokerList),
                .init(name: "handler") { topic in
                    try await run { try KafkaConsumer(configuration, partitions: starts(topic), handler: $0) }
                },
                .init(name: "sequence") { topic in
                    let finish = Finish()
                    let consumer = try KafkaConsumer(configuration, partitions: starts(topic))
                    for try await record in consumer.records where finish.saw(record.offset) { break }
                    await consumer.shutdown()
                    return try finish.turn
                },
                .init(name: "batches") { topic in
                    let finish = Finish()
                    let consumer = try KafkaConsumer(configuration, partitions: starts(topic))
                    reading: for try await batch in consumer.batches(upTo: 1000) {
                        for record in batch where finish.saw(record.offset) { break reading }
                    }
                    await consumer.shutdown()
                    return try finish.turn
                },
            ])
            .run { try await $0(topic) }
            figures =
                [Figure(name: "kafka.consume_c_rate", value: turns.rate("c"), unit: .perSecond)]
                + turns.figures("consume_vs_c", "handler", to: "c")
                + turns.figures("consume_sequence_vs_c", "sequence", to: "c")
                + turns.figures("consume_batches_vs_c", "batches", to: "c")
        }
        return figures
    }

    /// A handler that works 4 µs on each record, against a loop that does.
    static func slow(_ configuration: KafkaConfiguration) async throws -> [Figure] {
        var figures: [Figure] = []
        try await withRecords(configuration) { topic in
            let turns = try await contest([
                consumeC("c", configuration.brokerList, work: 4000),
                .init(name: "handler") { topic in
                    try await run { handler in
                        try KafkaConsumer(configuration, partitions: starts(topic)) { record in
                            kafka_loop_work(4000)
                            try await handler(record)
                        }
                    }
                },
            ])
            .run { try await $0(topic) }
            figures = turns.figures("slow_handler_vs_c", "handler", to: "c")
        }
        return figures
    }

    // MARK: Traced

    static func traced(_ configuration: KafkaConfiguration) async throws -> [Figure] {
        let processor = BatchSpanProcessor(exporter: DiscardingExporter())
        let tracer = SDKTracer(resource: Resource(attributes: ["service.name": "bench"]), processor: processor)
        TelemetrySystem.install(tracer)
        defer { TelemetrySystem.install(NoOpTracer()) }
        var figures: [Figure] = []
        let before = tracer.startedCounts.sampled
        for (name, isSampled) in [("traced", true), ("unsampled", false)] {
            try await withRecords(configuration, isSampled: isSampled) { topic in
                let turns = try await contest([
                    consumeC("c", configuration.brokerList, readsHeader: true),
                    .init(name: name) { topic in
                        try await run { try TracedKafkaConsumer(configuration, partitions: starts(topic), handler: $0) }
                    },
                ])
                .run { try await $0(topic) }
                figures += turns.figures("\(name)_consume_vs_c", name, to: "c")
            }
        }
        processor.flush()
        return figures + [
            Figure(
                name: "kafka.consume_spans_started",
                value: Double(tracer.startedCounts.sampled - before),
                unit: .count
            ),
            Figure(name: "kafka.consume_spans_dropped", value: Double(processor.counts.dropped), unit: .count),
        ]
    }
}
