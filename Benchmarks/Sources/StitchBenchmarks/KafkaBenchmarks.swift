// SPDX-License-Identifier: Apache-2.0

import Foundation
import StitchKafka
import StitchService
import TelemetryAPI
import TelemetryData
import TelemetrySDK
import TraceContext

/// Records of 1 KiB to a real broker and back, against loops of bare C in the same rounds.
///
/// The loops in C take topics by handle and poll for reports after each record, on a thread of their own; each client has sent
/// a record to each partition before its time begins, which ends with the last report.
///
/// Needs a broker in `KAFKA_BOOTSTRAP_SERVERS`: `make bench` starts one. `STITCH_BENCH_KAFKA` names the parts to measure, all
/// of them without it: `produce`, `traced`, `window`, `latency`, `consume`,
/// `traced-consume`, `slow`; `STITCH_BENCH_ROUNDS` the number of rounds, 7 without it;
/// `STITCH_BENCH_RECORDS` how many records a turn has.
enum KafkaBenchmarks: BenchmarkGroup {
    static let name = "kafka"

    static let valueSize = 1024
    static let partitions = 4
    static let records = number("STITCH_BENCH_RECORDS") ?? 200_000
    static let rounds = number("STITCH_BENCH_ROUNDS") ?? 7

    private typealias Part = @Sendable (KafkaConfiguration) async throws -> [Figure]

    private static let parts: [(name: String, run: Part)] = [
        ("produce", { try await ProduceBenchmarks.plain($0) }), ("traced", { try await ProduceBenchmarks.traced($0) }),
        ("window", { try await ProduceBenchmarks.window($0) }),
        ("latency", { try await ProduceBenchmarks.latency($0) }),
        ("consume", { try await ConsumeBenchmarks.plain($0) }),
        ("traced-consume", { try await ConsumeBenchmarks.traced($0) }),
        ("slow", { try await ConsumeBenchmarks.slow($0) }),
    ]

    static func run() async throws -> [Figure] {
        let brokers = ProcessInfo.processInfo.environment["KAFKA_BOOTSTRAP_SERVERS"] ?? ""
        guard !brokers.isEmpty else {
            let message = "no figures of Kafka: KAFKA_BOOTSTRAP_SERVERS names no broker\n"
            try FileHandle.standardError.write(contentsOf: Data(message.utf8))
            return []
        }
        var configuration = KafkaConfiguration(
            brokers: brokers.split(separator: ",").map(String.init),
            clientID: "stitch-benchmarks"
        )
        configuration.properties["queue.buffering.max.messages"] = "1000000"
        configuration.properties["receive.message.max.bytes"] = "1000000000"
        let wanted = ProcessInfo.processInfo.environment["STITCH_BENCH_KAFKA"].map { $0.split(separator: ",") }
        var figures: [Figure] = []
        for part in parts where wanted?.contains(Substring(part.name)) ?? true {
            figures += try await part.run(configuration)
        }
        return figures
    }

    /// A topic for one turn, gone afterwards, so that the disk keeps up.
    static func withTopic(_ configuration: KafkaConfiguration, _ body: (String) async throws -> Void) async throws {
        let admin = try KafkaAdmin(configuration)
        let topic = "bench-\(UInt32.random(in: 0 ... .max))"
        try await admin.createTopic(topic, partitions: partitions)
        try await body(topic)
        try await admin.deleteTopics([topic])
    }

    private static func number(_ variable: String) -> Int? {
        ProcessInfo.processInfo.environment[variable].flatMap { Int($0) }
    }
}
