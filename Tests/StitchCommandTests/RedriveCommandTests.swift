// SPDX-License-Identifier: Apache-2.0

import KafkaTesting
import StitchKafka
import Testing
import TraceContext

@testable import StitchCommand

@Suite("stitch redrive", .timeLimit(.minutes(2)))
struct RedriveCommandTests {
    private func record(_ index: Int, in topic: String, from source: String?, error: String = "Timeout") -> KafkaRecord
    {
        var headers: KafkaHeaders = ["tenant": "eu-\(index)"]
        if let source {
            let moved = MovedRecord(
                attempt: 2,
                previous: nil,
                reason: "exhausted",
                errorType: error,
                source: MovedRecord.Source(topic: source, partition: 0, offset: Int64(index), timestamp: 1)
            )
            for field in moved.fields { headers.append(field.name, field.value) }
        }
        return KafkaRecord(topic: topic, key: "\(index)", value: "\(index)", headers: headers)
    }

    private func withDead(
        _ records: (String) -> [KafkaRecord],
        _ body: (_ topic: String, _ brokers: String, MockKafkaCluster) async throws -> Void
    ) async throws {
        let cluster = try MockKafkaCluster()
        try await cluster.createTopic("orders")
        try await cluster.createTopic("elsewhere")
        try await cluster.createTopic("orders.dead")
        let producer = try KafkaProducer(cluster.configuration)
        for record in records("orders.dead") { try await producer.send(record) }
        await producer.shutdown()
        try await body("orders.dead", cluster.bootstrapServers, cluster)
        await cluster.shutdown()
    }

    /// The keys of a topic's records, at least so many.
    private func keys(of topic: String, _ count: Int, _ cluster: MockKafkaCluster) async throws -> [String] {
        let place = KafkaTopicPartition(topic: topic, partition: 0)
        let consumer = try KafkaConsumer(cluster.configuration, partitions: [place: .beginning])
        var keys: [String] = []
        for try await record in consumer.records {
            keys.append(String(decoding: record.key ?? [], as: UTF8.self))
            if keys.count == count { break }
        }
        await consumer.shutdown()
        return keys
    }

    @Test("moves records back to where they came from, once, and says how many and what was left")
    func moves() async throws {
        try await withDead { topic in
            (0..<3).map { record($0, in: topic, from: "orders") } + [record(3, in: topic, from: nil)]
        } _: { (topic, brokers, cluster) async throws -> Void in
            let dry = await CommandFixture.run(["redrive", "--brokers", brokers, topic, "--dry-run"])
            #expect(dry.status == 0 && dry.lines[0] == "orders.dead → orders: 3 records would be moved", "\(dry)")
            let one = await CommandFixture.run(["redrive", "--brokers", brokers, topic, "--limit", "1"])
            #expect(
                one.lines.prefix(2) == [
                    "orders.dead → orders: 1 record moved", "left: about 3 records that weren't looked at",
                ],
                "\(one)"
            )
            let all = await CommandFixture.run(
                ["redrive", topic],
                environment: ["KAFKA_BOOTSTRAP_SERVERS": brokers]
            )
            #expect(
                all.lines.prefix(2) == [
                    "orders.dead → orders: 2 records moved",
                    "left: 1 record that didn't say where they came from; --to moves them",
                ],
                "\(all)"
            )
            let orders = try await keys(of: "orders", 3, cluster)
            #expect(orders == ["0", "1", "2"])
            #expect(all.status == 1)
            let rest = await CommandFixture.run(["redrive", "--brokers", brokers, topic, "--to", "elsewhere"])
            #expect(rest.lines[0] == "orders.dead → elsewhere: 1 record moved", "\(rest)")
            let elsewhere = try await keys(of: "elsewhere", 1, cluster)
            #expect(elsewhere == ["3"])
        }
    }

    @Test("moves those that match, and says that what is behind one that was left will be moved again")
    func matches() async throws {
        try await withDead { topic in
            (0..<4).map { record($0, in: topic, from: "orders", error: $0 == 1 ? "Refused" : "TimeoutError") }
        } _: { (topic, brokers, cluster) async throws -> Void in
            let outcome = await CommandFixture.run(
                ["redrive", "--brokers", brokers, topic, "--match", "error=Timeout*", "--match", "header.tenant=eu*"]
            )
            #expect(
                outcome.lines.prefix(3) == [
                    "orders.dead → orders: 3 records moved", "left: 1 record that didn't match",
                    "2 records moved behind some that were left: the next run moves them again",
                ],
                "\(outcome)"
            )
            let orders = try await keys(of: "orders", 3, cluster)
            #expect(orders == ["0", "2", "3"])
        }
    }

    @Test("asks where to begin when it can't know what was moved before")
    func forgotten() async throws {
        try await withDead { topic in
            var old = record(0, in: topic, from: "orders")
            old.timestamp = 1_700_000_000_000
            return [old]
        } _: { (topic, brokers, cluster) async throws -> Void in
            let refused = await CommandFixture.run(["redrive", "--brokers", brokers, topic])
            #expect(refused.status == 1 && refused.output == "")
            #expect(refused.error.contains("--from-beginning") && refused.error.contains("2023-11-14"), "\(refused)")
            let dry = await CommandFixture.run(["redrive", "--brokers", brokers, topic, "--dry-run"])
            #expect(dry.status == 0 && dry.output.contains("--from-beginning"), "\(dry)")
            let all = await CommandFixture.run(["redrive", "--brokers", brokers, topic, "--from-beginning"])
            #expect(all.status == 0 && all.lines[0] == "orders.dead → orders: 1 record moved", "\(all)")
        }
    }

    @Test("says what is wrong with how it was called, and what is not there")
    func refusals() async throws {
        let wrong: [([String], String)] = [
            (["redrive"], "needs TOPIC"), (["redrive", "a", "b"], "one argument"),
            (["redrive", "a"], "--brokers"),
            (["redrive", "a", "--brokers", "x:1", "--match", "colour=red"], "--match is NAME=VALUE"),
            (["redrive", "a", "--brokers", "x:1", "--limit", "0"], "--limit"),
            (["redrive", "a", "--brokers", "x:1", "--to", "a"], "--to is 'a'"),
            (["redrive", "a", "--brokers", "x:1", "--to", "b", "--all-groups"], "--all-groups and --to"),
            (
                ["redrive", "a", "--brokers", "x:1", "--delete", "--from", "2026-11-28T14:30:00Z"],
                "--delete and --from"
            ),
            (
                ["redrive", "a", "--brokers", "x:1", "--from-beginning", "--from", "2026-11-28T14:30:00Z"],
                "--from-beginning"
            ),
        ]
        for (arguments, text) in wrong {
            let outcome = await CommandFixture.run(arguments)
            #expect(outcome.status == 64 && outcome.error.contains(text), "\(outcome)")
        }
        let cluster = try MockKafkaCluster()
        let outcome = await CommandFixture.run(["redrive", "--brokers", cluster.bootstrapServers, "nowhere.dead"])
        #expect(outcome.status == 1 && outcome.error.contains("'nowhere.dead'"))
        await cluster.shutdown()
    }
}
