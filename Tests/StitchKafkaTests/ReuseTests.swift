// SPDX-License-Identifier: Apache-2.0

import KafkaTesting
import Testing

@testable @_spi(Observing) import StitchKafka

@Suite("Records one after the other, for which the same stands", .timeLimit(.minutes(1)))
struct ReuseTests {
    @Test("have their own reports each: a handle that somebody keeps tells of its record, whatever was sent since")
    func handles() async throws {
        let topic = try await TestCluster.topic("reused")
        let producer = try KafkaProducer(TestCluster.shared().configuration)
        var kept: [Int64: KafkaEnqueued] = [:]
        for index in 0..<3000 {
            let handle = try await producer.enqueue(KafkaRecord(topic: topic, value: [1]))
            if index % 7 == 0 { kept[Int64(index)] = handle }
            if index % 500 == 499 { try await producer.flush() }
        }
        for (offset, handle) in kept { #expect(try await handle.delivery.offset == offset) }
        #expect(producer.loop.reuseCount > 1000)
        await producer.shutdown()
    }

    @Test("are answered each where they are awaited, by many at once")
    func awaited() async throws {
        let topic = try await TestCluster.topic("reused")
        let producer = try KafkaProducer(TestCluster.shared().configuration)
        let offsets = try await withThrowingTaskGroup(of: [Int64].self) { group in
            for _ in 0..<32 {
                group.addTask {
                    var offsets: [Int64] = []
                    for _ in 0..<30 {
                        offsets.append(try await producer.send(KafkaRecord(topic: topic, value: [1])).offset)
                    }
                    return offsets
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(offsets.sorted() == Array(0..<960))
        #expect(producer.loop.reuseCount > 100)
        await producer.shutdown()
    }

    /// A producer that sends nothing before it is flushed, when nobody stands between a record and its sender any more.
    private func lingering() throws -> KafkaProducer {
        var configuration = try TestCluster.shared().configuration
        configuration.linger = .seconds(10)
        return try KafkaProducer(configuration)
    }

    @Test("let go of a value that isn't copied as soon as it is delivered")
    func values() async throws {
        let topic = try await TestCluster.topic("reused")
        let producer = try lingering()
        for _ in 0..<2 {
            weak var storage: KafkaBuffer.Storage?
            do {
                let buffer = KafkaBuffer([1, 2, 3])
                storage = buffer.storage
                try await producer.enqueue(KafkaRecord(topic: topic, value: buffer))
            }
            try await producer.flush()
            #expect(storage == nil)
        }
        #expect(producer.loop.reuseCount > 0)
        await producer.shutdown()
    }

    @Test("keep the headers that go along, also while a record has others, and take new ones where lengths differ")
    func headers() async throws {
        let topic = try await TestCluster.topic("reused")
        let producer = try lingering()
        let loop = producer.loop
        let record = KafkaRecord(topic: topic, value: [1])
        var pending: PendingSend? = PendingSend()
        // By itself, so that nobody refers to it from here when the report comes.
        func handOver(_ headers: (PendingSend) -> NativeHeaders) throws {
            let entry = try #require(loop.tryToEnter())
            guard let own = pending.take() else { return }
            try loop.handOver(record, PreparedSend(entry, to: loop.topic(of: record, entry), headers(own), own))
        }
        func send(_ headers: (PendingSend) -> NativeHeaders) async throws -> ReusedHeaders {
            try handOver(headers)
            try await producer.flush()
            pending = loop.pool.take()
            let reused = pending?.reused
            return try #require(reused)
        }
        func field(_ text: String) -> (PendingSend) -> NativeHeaders {
            { pending in
                pending.headers { write in Array(text.utf8).withUnsafeBytes { write("n", $0) } }
            }
        }
        let first = try await send(field("one"))
        #expect(first.isHere && first.list != nil && first.count == 1)
        let others = try await send { _ in NativeHeaders(["a": "b", "n": "none"]) }
        #expect(others.isHere && others.list == first.list)
        let second = try await send(field("two"))
        #expect(second.isHere && second.list == first.list)
        let longer = try await send(field("three"))
        #expect(longer.isHere && longer.values == nil)
        let none = try await send { _ in NativeHeaders() }
        #expect(none.isHere && none.list == longer.list)
        pending = nil
        await producer.shutdown()
        let received = try await TestCluster.received(5, from: topic)
        #expect(received.map { $0.headers.text("n") } == ["one", "none", "two", "three", nil])
    }

    @Test("don't take over the failure of the one before")
    func failures() async throws {
        let cluster = try MockKafkaCluster()
        try await cluster.createTopic("orders")
        var configuration = cluster.configuration
        configuration.isIdempotent = false
        let producer = try KafkaProducer(configuration)
        for _ in 0..<3 {
            #expect(try await producer.send(KafkaRecord(topic: "orders", value: [1])).partition == 0)
            try await cluster.expectRefusal(of: KafkaRecord(topic: "orders", value: [2]), sentBy: producer)
        }
        #expect(producer.loop.reuseCount == 5)
        await producer.shutdown()
        await cluster.shutdown()
    }
}
