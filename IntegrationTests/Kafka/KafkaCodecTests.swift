// SPDX-License-Identifier: Apache-2.0

import StitchKafka
import StitchTesting
import Testing

/// What the broker and other clients have to understand: how batches are compressed, and which partition a key means.
@Suite("Kafka's compression and partitioners, on a real broker,", .timeLimit(.minutes(2)))
struct KafkaCodecTests {
    @Test(
        "let records come back as they were, however they were compressed",
        arguments: KafkaConfiguration.Compression.allCases
    )
    func compression(_ compression: KafkaConfiguration.Compression) async throws {
        let topic = KafkaServer.name("codec-\(compression)")
        var configuration = try KafkaServer.configuration()
        configuration.compression = compression
        let values = (0..<100).map { Array(repeating: UInt8($0), count: 2000) }
        let producer = try KafkaProducer(configuration)
        let deliveries = await producer.send(
            contentsOf: values.map { KafkaRecord(topic: topic, key: "k", value: .some($0), partition: 0) }
        )
        #expect(try deliveries.map { try $0.get().offset } == Array(0..<100))
        await producer.shutdown()

        let inbox = Inbox<KafkaConsumedRecord>()
        let consumer = try KafkaConsumer(KafkaServer.configuration(), group: topic, topics: [topic]) { inbox.put($0) }
        let running = Task { try await consumer.run() }
        #expect(await inbox.take(100).map(\.value) == values)
        await consumer.shutdown()
        try await running.value
    }

    @Test("put a key where every other client of its kind puts it", arguments: KafkaConfiguration.Partitioner.allCases)
    func partitioners(_ partitioner: KafkaConfiguration.Partitioner) async throws {
        let topic = KafkaServer.name("partitioner")
        var configuration = try KafkaServer.configuration()
        try await KafkaAdmin(configuration).createTopic(topic, partitions: 7)
        configuration.partitioner = partitioner
        let keys = (0..<40).map { Array("customer-\($0 * 7919)".utf8.prefix(1 + $0 % 14)) }
        let producer = try KafkaProducer(configuration)
        let sent = await producer.send(contentsOf: keys.map { KafkaRecord(topic: topic, key: .some($0), value: [1]) })
        let partitions = try sent.map { try $0.get().partition }
        let withoutKey = await producer.send(contentsOf: (0..<40).map { _ in KafkaRecord(topic: topic, value: [1]) })
        await producer.shutdown()
        let hash: (([UInt8]) -> UInt32)? =
            switch partitioner {
            case .random: nil
            case .consistent, .consistentRandom: crc32
            case .murmur2, .murmur2Random: { murmur2($0) & 0x7fff_ffff }
            case .fnv1a, .fnv1aRandom: { Int32(bitPattern: fnv1a($0)).magnitude }
            }
        if let hash {
            #expect(partitions == keys.map { Int32(hash($0) % 7) })
        } else {
            #expect(Set(partitions).count > 1)
        }
        let spread = Set(try withoutKey.map { try $0.get().partition })
        let staysTogether: Set<KafkaConfiguration.Partitioner> = [.consistent, .murmur2, .fnv1a]
        // Records without a key that go anywhere may all go to one partition for a while, which saves batches.
        if staysTogether.contains(partitioner) { #expect(spread.count == 1) }
    }

    private func crc32(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(~0) { sum, byte in
            (0..<8).reduce(sum ^ UInt32(byte)) { bits, _ in bits >> 1 ^ (bits & 1 == 1 ? 0xedb8_8320 : 0) }
        }
    }

    private func fnv1a(_ bytes: [UInt8]) -> UInt32 {
        bytes.reduce(0x811c_9dc5) { ($0 ^ UInt32($1)) &* 0x0100_0193 }
    }

    /// As `org.apache.kafka.common.utils.Utils.murmur2` defines it.
    private func murmur2(_ bytes: [UInt8]) -> UInt32 {
        let factor: UInt32 = 0x5bd1_e995
        var hash = 0x9747_b28c ^ UInt32(bytes.count)
        let whole = bytes.count / 4 * 4
        for start in stride(from: 0, to: whole, by: 4) {
            var word = (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[start + $1]) << (8 * UInt32($1)) }
            word = word &* factor
            word = (word ^ word >> 24) &* factor
            hash = hash &* factor ^ word
        }
        if whole < bytes.count {
            for (place, byte) in bytes[whole...].enumerated() { hash ^= UInt32(byte) << (8 * UInt32(place)) }
            hash = hash &* factor
        }
        hash = (hash ^ hash >> 13) &* factor
        return hash ^ hash >> 15
    }
}
