// SPDX-License-Identifier: Apache-2.0

import Foundation
import StitchKafka
import StitchTesting
import Testing

@Suite("A record of a batch", .timeLimit(.minutes(2)))
struct BatchFailureTests: FailureTests {
    private struct Refused: Error {}

    @Test("is tried again and moved alone when the handler names it")
    func batch() async throws {
        let move = KafkaMoveAside(retry: [])
        let topic = try await topic("named", move)
        try await send((0..<5).map { KafkaRecord(topic: topic, value: [UInt8($0)]) })
        let seen = Inbox<[UInt8]>()
        let consumer = try KafkaConsumer(
            configuration(),
            group: topic,
            topics: [topic],
            batchesOf: 10,
            onFailure: .moveAside(retry: [], tries: 2, backoff: .none)
        ) { records in
            seen.put(records.flatMap { $0.value ?? [] })
            let failed = records.filter { $0.value == [1] || $0.value == [3] }
            if !failed.isEmpty { throw KafkaBatchFailure(of: failed, cause: Refused()) }
        }
        try await run(consumer) {
            let dead = try await records(of: "\(topic).dead", 2)
            #expect(dead.map(\.value) == [[1], [3]])
            #expect(dead.allSatisfy { $0.headers.text("stitch-error") == "Refused" })
            #expect(dead.allSatisfy { $0.headers.text("stitch-attempt") == "2" })
        }
        var all: [UInt8: Int] = [:]
        while all.values.reduce(0, +) < 7 { for value in await seen.next() ?? [] { all[value, default: 0] += 1 } }
        #expect(all == [0: 1, 1: 2, 2: 1, 3: 2, 4: 1])
    }

    @Test("is moved with all the others when the handler names none")
    func wholeBatch() async throws {
        let topic = try await topic("whole", KafkaMoveAside(retry: []))
        try await send((0..<3).map { KafkaRecord(topic: topic, value: [UInt8($0)]) })
        let consumer = try KafkaConsumer(
            configuration(),
            group: topic,
            topics: [topic],
            batchesOf: 10,
            onFailure: .moveAside(retry: [])
        ) { _ in
            throw Refused()
        }
        try await run(consumer) {
            let dead = try await records(of: "\(topic).dead", 3)
            #expect(dead.map(\.value) == [[0], [1], [2]])
        }
    }

    @Test("in a retry topic counts when it was handled, while others aren't due for long")
    func dueBefore() async throws {
        let move = KafkaMoveAside(retry: [.seconds(3600)])
        let topic = try await topic("due-before", move)
        let retry = move.retryTopic(of: topic, after: move.retry[0])
        let now = Int64(Date.now.timeIntervalSince1970 * 1000)
        try await send(
            (0..<3).map { index in
                let moved = MovedRecord(
                    attempt: 1,
                    previous: nil,
                    reason: "retry",
                    due: index < 2 ? now : now + 3_600_000,
                    source: MovedRecord.Source(topic: topic, partition: 0, offset: Int64(index), timestamp: now),
                    target: retry
                )
                var headers = KafkaHeaders()
                for field in moved.fields { headers.append(field.name, field.value) }
                return KafkaRecord(topic: retry, value: [UInt8(index)], headers: headers)
            }
        )
        func consumer(_ handle: @escaping @Sendable ([KafkaConsumedRecord]) -> Void) throws -> KafkaConsumer {
            try KafkaConsumer(
                configuration(),
                group: topic,
                topics: [topic],
                batchesOf: 10,
                onFailure: .moveAside(retry: move.retry),
                handler: handle
            )
        }
        let handled = Inbox<[Int64]>()
        let first = try consumer { handled.put($0.map(\.offset)) }
        try await run(first) {
            var offsets: [Int64] = []
            while offsets.count < 2 { offsets += await handled.next() ?? [] }
            #expect(offsets == [0, 1])
        }
        let asking = try KafkaConsumer(
            configuration(),
            partitions: [KafkaTopicPartition(topic: retry, partition: 0): .beginning],
            group: topic
        )
        let place = KafkaTopicPartition(topic: retry, partition: 0)
        #expect(try await asking.committed([place])[place] == 2)
        await asking.shutdown()
    }

    @Test("doesn't take those before it along when they come again")
    func prefix() async throws {
        let topic = try await TestCluster.topic("prefix")
        try await send((0..<4).map { KafkaRecord(topic: topic, value: [UInt8($0)]) })
        let tried = Inbox<Int>()
        let consumer = try KafkaConsumer(
            configuration(),
            group: topic,
            topics: [topic],
            batchesOf: 10,
            onFailure: .stop(tries: 2, backoff: .constant(.seconds(3600)))
        ) { records in
            let failed = records.filter { $0.offset >= 2 }
            guard !failed.isEmpty else { return }
            tried.put(records.count)
            throw KafkaBatchFailure(of: failed, cause: Refused())
        }
        try await run(consumer) { _ = await tried.next() }
        let inbox = Inbox<Int64>()
        let next = try KafkaConsumer(configuration(), group: topic, topics: [topic]) { inbox.put($0.offset) }
        try await run(next) { #expect(await inbox.take(2) == [2, 3]) }
    }
}
