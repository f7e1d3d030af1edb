// SPDX-License-Identifier: Apache-2.0

import Foundation
import KafkaTesting
import StitchKafka
import StitchTesting
import Testing
import TraceContext

@testable import TracedKafka

@Suite("A redrive", .timeLimit(.minutes(2)))
struct RedriveTests {
    private static let timeOut = KafkaError.Code("REQUEST_TIMED_OUT")

    /// A cluster with records in `orders.dead`, which come from the partitions of `orders` in turn.
    private func withDead(
        _ count: Int,
        timestamp: Int64? = nil,
        size: (Int) -> Int = { _ in 1 },
        _ body: (MockKafkaCluster) async throws -> Void
    ) async throws {
        let cluster = try MockKafkaCluster()
        try await cluster.createTopic("orders", partitions: 3)
        try await cluster.createTopic("orders.dead")
        let producer = try KafkaProducer(cluster.configuration)
        let records = (0..<count).map { index in
            let moved = MovedRecord(
                attempt: 2,
                previous: nil,
                reason: "exhausted",
                source: .init(topic: "orders", partition: Int32(index % 3), offset: Int64(index), timestamp: 1),
                target: "orders.dead"
            )
            var headers = KafkaHeaders()
            for field in moved.fields { headers.append(field.name, field.value) }
            return KafkaRecord(
                topic: "orders.dead",
                key: "same",
                value: String(repeating: "\(index)", count: size(index)),
                headers: headers,
                timestamp: timestamp
            )
        }
        #expect(await producer.send(contentsOf: records).failures.isEmpty)
        await producer.shutdown()
        try await body(cluster)
        await cluster.shutdown()
    }

    private func dead(_ cluster: MockKafkaCluster, idle: Duration = .seconds(5)) -> DeadRecords {
        var configuration = cluster.configuration
        configuration.deliveryTimeout = .seconds(2)
        configuration.properties["retry.backoff.ms"] = "500"
        return DeadRecords(configuration, topic: "orders.dead", idle: idle)
    }

    /// The values in each partition of `orders`, once there are so many.
    private func values(_ count: Int, _ cluster: MockKafkaCluster) async throws -> [Int32: [String]] {
        let places = (0..<3).map { (KafkaTopicPartition(topic: "orders", partition: $0), KafkaStart.beginning) }
        let consumer = try KafkaConsumer(
            cluster.configuration,
            partitions: Dictionary(uniqueKeysWithValues: places)
        )
        var values: [Int32: [String]] = [:]
        var missing = count
        for try await record in consumer.records {
            values[record.partition, default: []].append(String(decoding: record.value ?? [], as: UTF8.self))
            missing -= 1
            if missing == 0 { break }
        }
        await consumer.shutdown()
        return values
    }

    @Test("puts records back into the partitions that they came from")
    func partitions() async throws {
        try await withDead(6) { cluster in
            let report = try await dead(cluster).redrive(.init())
            #expect(report.moved == ["orders": 6] && report.trouble == nil && report.leftCount == 0)
            let found = try await values(6, cluster)
            #expect(found == [0: ["0", "3"], 1: ["1", "4"], 2: ["2", "5"]])
        }
    }

    @Test("leaves a record that can't be moved, says why, and moves those behind it")
    func left() async throws {
        try await withDead(4, size: { $0 == 1 ? 5000 : 1 }) { cluster in
            var configuration = cluster.configuration
            configuration.maximumRecordBytes = 1000
            let records = DeadRecords(configuration, topic: "orders.dead")
            let report = try await records.redrive(.init())
            #expect(report.moved == ["orders": 3] && report.failed == 1 && report.again == 2 && report.unseen == 0)
            #expect(report.failure?.code == .messageTooLarge && report.trouble == nil && report.leftCount == 1)
            #expect(report.failure?.message.contains("orders.dead/0/1") == true)
            // It and what is behind it come again, once it can be moved.
            let next = try await dead(cluster).redrive(.init())
            #expect(next.moved == ["orders": 3] && next.leftCount == 0)
        }
    }

    @Test("that is ended while the brokers take nothing has lost nothing: the next one goes on there")
    func brokersAway() async throws {
        try await withDead(3) { cluster in
            let timeOut = Self.timeOut
            for _ in 0..<10 { try await cluster.fail(.produce, with: timeOut, timeOut, timeOut, timeOut, timeOut) }
            let report = try await dead(cluster).redrive(.init())
            #expect(report.trouble?.code == .deliveryTimedOut && report.moved == [:] && report.failed == 0)
            #expect(report.unseen == 3)
        }
    }

    @Test("doesn't take it for the end that no records come")
    func silent() async throws {
        try await withDead(1) { cluster in
            let failure = KafkaError.Code("UNKNOWN_SERVER_ERROR")
            for _ in 0..<10 { try await cluster.fail(.fetch, with: failure, failure, failure, failure, failure) }
            var selection = DeadRecords.Selection()
            selection.start = .beginning
            let report = try await dead(cluster, idle: .milliseconds(300)).redrive(selection)
            #expect(report.trouble?.code == .timedOut && report.unseen == 1 && report.moved == [:])
        }
    }

    @Test("that somebody stops commits what it has moved, and the next one goes on behind it")
    func stopped() async throws {
        try await withDead(1200) { cluster in
            let (stops, stop) = AsyncStream.makeStream(of: Void.self)
            var selection = DeadRecords.Selection()
            selection.matches = { _, _ in
                stop.yield()
                stop.finish()
                return true
            }
            let first = try await dead(cluster).redrive(selection, stops: stops)
            #expect(first.isInterrupted && first.trouble == nil && first.movedCount + Int(first.unseen) == 1200)
            let second = try await dead(cluster).redrive(.init())
            #expect(!second.isInterrupted && second.movedCount == Int(first.unseen) && second.unseen == 0)
        }
    }

    private func refusal(_ cluster: MockKafkaCluster) async throws -> String? {
        do throws(KafkaError) {
            _ = try await dead(cluster).redrive(.init())
            return nil
        } catch {
            return error.message
        }
    }

    @Test("moves nothing where brokers may have forgotten that it was moved before, until it is told where to begin")
    func forgotten() async throws {
        let old = Int64(Date.now.timeIntervalSince1970 * 1000) - 30 * 86_400_000
        try await withDead(3, timestamp: old) { cluster in
            let refusal = try await refusal(cluster)
            #expect(refusal?.contains("3 records") == true && refusal?.contains("stitch-redrive") == true)
            var selection = DeadRecords.Selection()
            selection.isDryRun = true
            let dry = try await dead(cluster).redrive(selection)
            #expect(dry.moved == ["orders": 3] && dry.doubt != nil)
            selection = .init()
            selection.start = .beginning
            selection.limit = 2
            let two = try await dead(cluster).redrive(selection)
            // Now it is known.
            let one = try await dead(cluster).redrive(.init())
            let none = try await dead(cluster).redrive(.init())
            selection.limit = nil
            let all = try await dead(cluster).redrive(selection)
            #expect([two, one, none, all].map(\.movedCount) == [2, 1, 0, 3])
        }
    }
}
