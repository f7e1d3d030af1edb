// SPDX-License-Identifier: Apache-2.0

import KafkaTesting
import StitchService
import Testing

@testable import StitchKafka

@Suite("Records that go together in one call", .timeLimit(.minutes(1)))
struct RecordRunTests {
    @Test("are those of one topic with nothing but a key and a value, copied or not, up to so many")
    func runs() {
        let plain = KafkaRecord(topic: "a", key: "k", value: [1])
        let owned = KafkaRecord(topic: "a", value: KafkaBuffer([1]))
        #expect(RecordRun.count(in: [plain], from: 0) == 1)
        #expect(RecordRun.count(in: [plain, KafkaRecord(topic: "a", value: nil), plain], from: 0) == 3)
        #expect(RecordRun.count(in: [plain, plain, owned, owned, plain], from: 0) == 2)
        #expect(RecordRun.count(in: [plain, plain, owned, owned, plain], from: 2) == 2)
        for other in [
            KafkaRecord(topic: "b", value: [1]), KafkaRecord(topic: "a", value: [1], headers: ["a": "b"]),
            KafkaRecord(topic: "a", value: [1], partition: 0), KafkaRecord(topic: "a", value: [1], timestamp: 1),
        ] {
            #expect(RecordRun.count(in: [plain, plain, other, plain], from: 0) == 2)
            #expect(RecordRun.count(in: [other, other], from: 0) == (other.topic == "b" ? 2 : 1))
        }
        let many = [KafkaRecord](repeating: plain, count: 100)
        #expect(RecordRun.count(in: many, from: 0) == RecordRun.maximumCount)
        #expect(RecordRun.count(in: many, from: 98) == 2)
    }

    /// Waits until all have left the local queue, which is a little after they were answered.
    private func hasLeft(_ producer: KafkaProducer) async {
        while producer.health.lag != 0, !Task.isCancelled { await Task.yield() }
    }

    /// Records of every shape, the shapes in runs of different lengths.
    private func records(_ topic: String) -> [KafkaRecord] {
        (0..<600).map { index in
            let text = "\(index):" + String(repeating: "x", count: index)
            return switch index / 7 % 6 {
            case 0: KafkaRecord(topic: topic, value: KafkaBuffer(text))
            case 1: KafkaRecord(topic: topic, value: Array(text.utf8), headers: ["a": "\(index)"])
            case 2: KafkaRecord(topic: topic, key: [], value: nil)
            case 3: KafkaRecord(topic: topic, value: Array(text.utf8), timestamp: 1_764_000_000_000)
            case 4: KafkaRecord(topic: topic, key: Array("\(index)".utf8), value: Array(text.utf8))
            default: KafkaRecord(topic: topic, key: "k\(index)", value: [])
            }
        }
    }

    @Test("arrive as they are, in their order among all others, and each is answered")
    func shapes() async throws {
        let topic = try await TestCluster.topic("runs")
        let producer = try KafkaProducer(TestCluster.shared().configuration)
        let records = records(topic)
        let deliveries = await producer.send(contentsOf: records)
        #expect(try deliveries.get().map(\.offset) == Array(0..<600))
        await hasLeft(producer)
        await producer.shutdown()
        let received = try await TestCluster.received(600, from: topic)
        for (record, sent) in zip(received, records) {
            #expect(record.key == sent.key && record.value == sent.value && record.headers == sent.headers)
        }
    }

    @Test("are refused each by itself, those round it taken; a wrong topic has all of them refused")
    func refused() async throws {
        let topic = try await TestCluster.topic("runs")
        var configuration = try TestCluster.shared().configuration
        configuration.properties["message.max.bytes"] = "1000"
        let producer = try KafkaProducer(configuration)
        let deliveries = await producer.send(
            contentsOf: (0..<50).map {
                KafkaRecord(topic: topic, value: [UInt8](repeating: 1, count: $0 % 7 == 3 ? 2000 : 9))
            }
        )
        #expect(deliveries.failures.map(\.index) == Array(stride(from: 3, to: 50, by: 7)))
        #expect(deliveries.failures.allSatisfy { $0.error.code == .messageTooLarge })
        let wrong = await producer.send(
            contentsOf: [KafkaRecord](repeating: KafkaRecord(topic: "", value: [1]), count: 5)
        )
        #expect(wrong.failures.map(\.error.code) == [KafkaError.Code](repeating: .invalidTopic, count: 5))
        await hasLeft(producer)
        await producer.shutdown()
        let late = await producer.send(
            contentsOf: [KafkaRecord](repeating: KafkaRecord(topic: topic, value: [1]), count: 5)
        )
        #expect(late.failures.map(\.error.code) == [KafkaError.Code](repeating: .closed, count: 5))
    }

    @Test("go on where there is room again, none past another", arguments: [false, true])
    func full(isOwned: Bool) async throws {
        let topic = try await TestCluster.topic("runs")
        var configuration = try TestCluster.shared().configuration
        configuration.queueRecords = 10
        let producer = try KafkaProducer(configuration)
        let records = (0..<200).map { index in
            isOwned
                ? KafkaRecord(topic: topic, value: KafkaBuffer("\(index)"))
                : KafkaRecord(topic: topic, value: Array("\(index)".utf8))
        }
        #expect(try await producer.send(contentsOf: records).get().map(\.offset) == Array(0..<200))
        await hasLeft(producer)
        await producer.shutdown()
    }
}
