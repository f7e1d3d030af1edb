// SPDX-License-Identifier: Apache-2.0

import CKafkaLoops
import StitchKafka
import StitchService
import TelemetryAPI
import TelemetryData
import TelemetrySDK
import TraceContext
import TracedKafka

/// What sending costs: records handed over and flushed, records awaited, one at a time.
enum ProduceBenchmarks {
    private static var records: Int { KafkaBenchmarks.records }

    private struct DiscardingExporter: SpanExporter {
        func export(_ batch: SpanBatch) throws {}
    }

    private static func contest(_ entries: [KafkaContest.Entry]) -> KafkaContest {
        KafkaContest(rounds: KafkaBenchmarks.rounds, entries: entries)
    }

    private static func produceC(_ name: String, _ brokers: String, hasHeaders: Bool) -> KafkaContest.Entry {
        KafkaContest.Entry(name: name) { topic in
            try await KafkaContest.measureC(records) {
                kafka_loop_produce(brokers, topic, records, KafkaBenchmarks.valueSize, hasHeaders ? 1 : 0, $0)
            }
        }
    }

    // MARK: Plain

    static func plain(_ configuration: KafkaConfiguration) async throws -> [Figure] {
        let turns = try await contest([
            produceC("c", configuration.brokerList, hasHeaders: false),
            .init(name: "copied") { try await batch(try KafkaProducer(configuration), $0, isOwned: false) },
            .init(name: "owned") { try await batch(try KafkaProducer(configuration), $0, isOwned: true) },
            .init(name: "enqueued") { try await produce(try KafkaProducer(configuration), $0, isOwned: false) },
            .init(name: "enqueued-owned") { try await produce(try KafkaProducer(configuration), $0, isOwned: true) },
        ])
        .run { try await KafkaBenchmarks.withTopic(configuration, $0) }
        return [Figure(name: "kafka.produce_c_rate", value: turns.rate("c"), unit: .perSecond)]
            + turns.figures("produce_vs_c", "copied", to: "c") + turns.figures("produce_owned_vs_c", "owned", to: "c")
            + turns.figures("enqueue_vs_c", "enqueued", to: "c")
            + turns.figures("enqueue_owned_vs_c", "enqueued-owned", to: "c")
    }

    /// Hands records over as fast as it goes, then flushes.
    private static func produce(
        _ producer: some KafkaProducing,
        _ topic: String,
        isOwned: Bool
    ) async throws -> KafkaContest.Turn {
        let values = values(topic, isOwned: isOwned)
        try await warmUp(producer, topic)
        let turn = try await KafkaContest.measure(records) {
            for index in 0..<records { try await producer.enqueue(values[index & 255]) }
            try await producer.flush(timeout: .seconds(60))
        }
        await producer.shutdown()
        return turn
    }

    /// Sends records in calls of a thousand, sixteen at a time.
    private static func batch(
        _ producer: KafkaProducer,
        _ topic: String,
        isOwned: Bool
    ) async throws -> KafkaContest.Turn {
        let values = values(topic, isOwned: isOwned)
        let (count, records) = (records, (0..<1000).map { values[$0 & 255] })
        try await warmUp(producer, topic)
        let turn = try await KafkaContest.measure(count / 16_000 * 16_000) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<16 {
                    group.addTask {
                        for _ in 0..<count / 16_000 {
                            let deliveries = await producer.send(contentsOf: records)
                            guard deliveries.failures.isEmpty else { throw Lost() }
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
        await producer.shutdown()
        return turn
    }

    private struct Lost: Error {}

    private static func values(_ topic: String, isOwned: Bool) -> [KafkaRecord] {
        (0..<256).map { _ in
            let bytes = [UInt8](repeating: 0, count: KafkaBenchmarks.valueSize)
            if isOwned { return KafkaRecord(topic: topic, value: KafkaBuffer(bytes)) }
            return KafkaRecord(topic: topic, value: bytes)
        }
    }

    /// Connects, as the loops in C do before they begin.
    private static func warmUp(_ producer: some KafkaProducing, _ topic: String) async throws {
        for partition in 0..<Int32(KafkaBenchmarks.partitions) {
            try await producer.send(KafkaRecord(topic: topic, value: [0], partition: partition))
        }
    }

    // MARK: Traced

    static func traced(_ configuration: KafkaConfiguration) async throws -> [Figure] {
        let processor = BatchSpanProcessor(exporter: DiscardingExporter())
        let tracer = SDKTracer(resource: Resource(attributes: ["service.name": "bench"]), processor: processor)
        TelemetrySystem.install(tracer)
        defer { TelemetrySystem.install(NoOpTracer()) }
        @Sendable func entry(_ name: String, isOwned: Bool, isSampled: Bool) -> KafkaContest.Entry {
            KafkaContest.Entry(name: name) { topic in
                let flags: TraceFlags = isSampled ? [.sampled, .random] : .random
                let context = SpanContext(traceID: TraceID(high: 1, low: 2), spanID: SpanID(bits: 3), flags: flags)
                return try await Span(context: context).makeCurrent {
                    try await produce(try TracedKafkaProducer(configuration), topic, isOwned: isOwned)
                }
            }
        }
        let before = tracer.startedCounts.sampled
        let turns = try await contest([
            produceC("c", configuration.brokerList, hasHeaders: true),
            entry("copied", isOwned: false, isSampled: true), entry("owned", isOwned: true, isSampled: true),
            entry("unsampled", isOwned: false, isSampled: false),
        ])
        .run { try await KafkaBenchmarks.withTopic(configuration, $0) }
        processor.flush()
        return [Figure(name: "kafka.produce_headers_c_rate", value: turns.rate("c"), unit: .perSecond)]
            + turns.figures("traced_produce_vs_c", "copied", to: "c")
            + turns.figures("traced_produce_owned_vs_c", "owned", to: "c")
            + turns.figures("unsampled_produce_vs_c", "unsampled", to: "c")
            + [
                Figure(name: "kafka.spans_started", value: Double(tracer.startedCounts.sampled - before), unit: .count),
                Figure(name: "kafka.spans_dropped", value: Double(processor.counts.dropped), unit: .count),
            ]
    }

    // MARK: Awaited

    /// As many as a thousand and twenty-four records at a time, each awaited: by tasks that go on where the answers come in,
    /// and by tasks of the usual kind.
    static func window(_ configuration: KafkaConfiguration) async throws -> [Figure] {
        let (records, tasks, brokers) = (records / 1024 * 1024, 1024, configuration.brokerList)
        @Sendable func entry(_ name: String, onExecutor: Bool) -> KafkaContest.Entry {
            .init(name: name) { topic in
                let producer = try KafkaProducer(configuration)
                let values = values(topic, isOwned: false)
                try await warmUp(producer, topic)
                let turn = try await KafkaContest.measure(records) {
                    try await withTaskExecutorPreference(onExecutor ? producer.executor : nil) {
                        try await withThrowingTaskGroup(of: Void.self) { group in
                            for index in 0..<tasks {
                                let record = values[index & 255]
                                group.addTask { for _ in 0..<records / tasks { try await producer.send(record) } }
                            }
                            try await group.waitForAll()
                        }
                    }
                }
                await producer.shutdown()
                return turn
            }
        }
        let turns = try await contest([
            .init(name: "c") { topic in
                try await KafkaContest.measureC(records) {
                    kafka_loop_window(brokers, topic, records, KafkaBenchmarks.valueSize, tasks, $0)
                }
            },
            entry("executor", onExecutor: true), entry("usual", onExecutor: false),
        ])
        .run { try await KafkaBenchmarks.withTopic(configuration, $0) }
        return turns.figures("send_1024_vs_c", "executor", to: "c")
            + turns.figures("send_1024_usual_vs_c", "usual", to: "c")
    }

    /// One record at a time, without lingering: by a task of the usual kind, and by one that goes on where the answers come in.
    static func latency(_ configuration: KafkaConfiguration) async throws -> [Figure] {
        var configuration = configuration
        configuration.linger = .zero
        let (count, brokers) = (1000, configuration.brokerList)
        var times: [String: [[Double]]] = [:]
        func entry(_ name: String, onExecutor: Bool) -> KafkaContest.Entry {
            .init(name: name) { topic in
                let producer = try KafkaProducer(configuration)
                let record = values(topic, isOwned: false)[0]
                try await warmUp(producer, topic)
                let samples = Samples(count)
                let turn = try await KafkaContest.measure(count) {
                    try await withTaskExecutorPreference(onExecutor ? producer.executor : nil) {
                        for index in 0..<count {
                            let start = ContinuousClock.now
                            try await producer.send(record)
                            samples.pointer[index] = start.duration(to: .now) / .microseconds(1)
                        }
                    }
                }
                await producer.shutdown()
                times[name, default: []].append(samples.sorted)
                return turn
            }
        }
        _ = try await contest([
            .init(name: "c") { topic in
                let samples = Samples(count)
                let turn = try await KafkaContest.measureC(count) {
                    kafka_loop_latency(brokers, topic, count, KafkaBenchmarks.valueSize, samples.pointer, $0)
                }
                times["c", default: []].append(samples.sorted)
                return turn
            },
            entry("usual", onExecutor: false), entry("executor", onExecutor: true),
        ])
        .run { try await KafkaBenchmarks.withTopic(configuration, $0) }
        // The first round is no figure.
        func percentile(_ name: String, _ part: Double) -> Double {
            median((times[name] ?? []).dropFirst().map { $0[Int(Double($0.count - 1) * part)] })
        }
        return [("p50", 0.5), ("p99", 0.99)].flatMap { name, part in
            let (own, near, bare) = (percentile("usual", part), percentile("executor", part), percentile("c", part))
            return [
                Figure(name: "kafka.send_latency_\(name)", value: own, unit: .microseconds),
                Figure(name: "kafka.send_latency_\(name)_c", value: bare, unit: .microseconds),
                Figure(name: "kafka.send_latency_\(name)_vs_c", value: own / bare, unit: .ratio),
                Figure(name: "kafka.send_latency_executor_\(name)", value: near, unit: .microseconds),
                Figure(name: "kafka.send_latency_executor_\(name)_vs_c", value: near / bare, unit: .ratio),
            ]
        }
    }

    /// Room for measured times.
    private final class Samples: @unchecked Sendable {
        let pointer: UnsafeMutablePointer<Double>
        private let count: Int

        init(_ count: Int) {
            self.count = count
            pointer = .allocate(capacity: count)
            pointer.initialize(repeating: 0, count: count)
        }

        deinit { pointer.deallocate() }

        var sorted: [Double] { UnsafeBufferPointer(start: pointer, count: count).sorted() }
    }
}

extension KafkaConfiguration {
    /// The brokers as librdkafka takes them.
    var brokerList: String { brokers.joined(separator: ",") }
}
