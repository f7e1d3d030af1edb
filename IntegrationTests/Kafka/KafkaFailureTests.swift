// SPDX-License-Identifier: Apache-2.0

import StitchKafka
import StitchService
import StitchTesting
import Testing

@Suite("A Kafka consumer, with a real broker of its own,", .timeLimit(.minutes(3)), .enabled(if: ServerPack.isExpected))
struct KafkaFailureTests {
    @Test("takes over from a member that was killed in the middle of a batch, and passes no record over")
    func killedMember() async throws {
        try await ServerPack.with("kafka") { pack in
            let configuration = try pack.kafkaConfiguration()
            try await KafkaAdmin(configuration).createTopic("orders", partitions: 2)
            let producer = try KafkaProducer(configuration)
            for index in 0..<200 {
                let record = KafkaRecord(topic: "orders", value: [UInt8(index)], partition: Int32(index % 2))
                try await producer.send(record)
            }
            await producer.shutdown()
            let member = try KafkaMemberProcess(group: "billing", topic: "orders", brokers: configuration.brokers)
            var begun: [Int32: Int64] = [:]
            var done: [Int32: Int64] = [:]
            for await line in member.lines {
                switch line {
                case .begin(let partition, let offset):
                    begun[partition] = offset
                    // In the middle of a batch, after some.
                    if offset > 40, offset % 10 == 5 { member.kill() }
                case .done(let partition, let offset): done[partition] = offset
                }
            }
            let inbox = Inbox<KafkaConsumedRecord>()
            let next = try KafkaConsumer(configuration, group: "billing", topics: ["orders"]) { inbox.put($0) }
            let running = Task { try await next.run() }
            var seen: [Int32: [Int64]] = [:]
            while seen[0]?.last != 99 || seen[1]?.last != 99, let record = await inbox.next() {
                seen[record.partition, default: []].append(record.offset)
            }
            await next.shutdown()
            try await running.value
            for partition in [Int32(0), 1] {
                let offsets = try #require(seen[partition])
                let first = try #require(offsets.first)
                #expect(offsets == Array(first...99))
                // Not behind what the other had done to the end.
                #expect(first <= (done[partition] ?? -1) + 1)
            }
            #expect(begun.values.contains { $0 > 40 })
            // What it said until it was dead, which may be a little more than what it was killed for.
            let killedIn = begun.first { $0.value > done[$0.key] ?? -1 }
            let partition = try #require(killedIn?.key)
            #expect(seen[partition]?.contains(begun[partition] ?? -1) == true)
        }
    }

    @Test("goes on when the broker is back, and misses nothing")
    func brokerBack() async throws {
        try await ServerPack.with("kafka") { pack in
            let configuration = try pack.kafkaConfiguration()
            try await KafkaAdmin(configuration).createTopic("orders", partitions: 2)
            let producer = try KafkaProducer(configuration)
            let log = DeliveryLog()
            let consumer = try KafkaConsumer(configuration, group: "billing", topics: ["orders"]) { record in
                log.begin(record, member: 1)
                log.end(record)
            }
            let running = Task { try await consumer.run() }
            var sent: [KafkaDelivery] = []
            func send(_ count: Int) async throws {
                for index in 0..<count {
                    let record = KafkaRecord(topic: "orders", value: [UInt8(index)], partition: Int32(index % 2))
                    sent.append(try await producer.send(record))
                }
            }
            try await send(50)
            while !log.missing(of: sent).isEmpty { try await Task.sleep(for: .milliseconds(10)) }
            try await pack.call("kill", "1")
            while consumer.health.isHealthy { try await Task.sleep(for: .milliseconds(10)) }
            try await pack.call("restart")
            try await send(50)
            while !log.missing(of: sent).isEmpty { try await Task.sleep(for: .milliseconds(10)) }
            #expect(log.faults.isEmpty)
            #expect(consumer.health.isHealthy)
            await consumer.shutdown()
            try await running.value
            await producer.shutdown()
        }
    }
}
