// SPDX-License-Identifier: Apache-2.0

import Foundation
import StitchTesting
import TelemetryAPI
import Testing

@testable import TracedKafka

@Suite("Statistics of a traced client", .timeLimit(.minutes(1)))
struct KafkaMetricsTests {
    private static func statistics(sent: Int, rebalances: Int) -> KafkaStatistics {
        var statistics = KafkaStatistics()
        var broker = KafkaStatistics.Broker()
        broker.name = "b:1/1"
        broker.id = 1
        broker.sentBytes = sent
        broker.timeouts = sent / 100
        statistics.brokers = [broker]
        var partition = KafkaStatistics.Partition()
        partition.topic = "orders"
        partition.lag = 7
        var other = partition
        other.partition = 1
        other.lag = nil
        statistics.partitions = [partition, other]
        var group = KafkaStatistics.Group()
        group.rebalances = rebalances
        statistics.group = group
        return statistics
    }

    @Test("are measured as what came since the last time, or as they are now")
    func recorded() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let recorder = StatisticsRecorder(clientID: "billing", group: "g")
            // As on a thread of librdkafka's, which is in no test.
            await withoutTask {
                recorder.record(Self.statistics(sent: 100, rebalances: 1))
                recorder.record(Self.statistics(sent: 250, rebalances: 1))
            }
            let measured = test.measurements
            #expect(measured.total(of: "stitch.kafka.broker.sent", where: ["stitch.kafka.broker.id": 1]) == 250)
            #expect(measured.total(of: "stitch.kafka.group.rebalances") == 1)
            #expect(measured.total(of: "stitch.kafka.broker.failed_requests", where: ["error.type": "timeout"]) == 2)
            let lags = measured.all.filter { $0.instrument.name == "stitch.kafka.partition.lag" }
            #expect(lags.count == 2 && lags.allSatisfy { $0.value == .int(7) })
            #expect(lags.first?.attributes["messaging.destination.name"] == "orders")
            #expect(lags.first?.attributes["messaging.consumer.group.name"] == "g")
        }
    }

    @Test("of a real one come when they are asked for, and only then")
    func live() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let topic = try await TestCluster.topic("metrics")
            var configuration = try TestCluster.configuration()
            #expect(configuration.measured().statisticsRecorder == nil)
            configuration.statisticsInterval = .milliseconds(20)
            let seen = Inbox<Void>()
            configuration.statisticsHandler = KafkaStatisticsHandler { if $0.sentRecords > 0 { seen.put(()) } }
            let producer = try TracedKafkaProducer(configuration)
            try await producer.send(KafkaRecord(topic: topic, value: [1]))
            // The second comes when the first is measured.
            _ = await seen.take(2)
            await producer.shutdown()
            #expect(test.measurements.total(of: "stitch.kafka.broker.requests") > 0)
        }
    }

    private func withoutTask(_ body: @escaping @Sendable () -> Void) async {
        await withCheckedContinuation { continuation in
            let thread = Thread {
                body()
                continuation.resume()
            }
            thread.start()
        }
    }
}
