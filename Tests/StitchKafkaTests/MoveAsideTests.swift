// SPDX-License-Identifier: Apache-2.0

import Foundation
import StitchKafka
import StitchTesting
import Testing

@Suite("A record that is moved aside", .timeLimit(.minutes(2)))
struct MoveAsideTests: FailureTests {
    @Test("goes through its retry topics to the dead topic, the same to the byte, while those behind it go on")
    func toTheEnd() async throws {
        let move = KafkaMoveAside(retry: [.milliseconds(20), .milliseconds(60)])
        let topic = try await topic("moved", move)
        var headers = KafkaHeaders()
        headers.append("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
        headers.append("binary", [0x00, 0xff, 0x80])
        headers.append("none", nil)
        headers.append("empty", [])
        headers.append("binary", "again")
        let first = KafkaRecord(
            topic: topic,
            key: [0, 0xfe],
            value: nil,
            headers: headers,
            timestamp: 1_700_000_000_123
        )
        let second = KafkaRecord(topic: topic, key: nil, value: [0, 0xff, 0], headers: headers)
        let empty = KafkaRecord(topic: topic, key: [], value: [])
        try await send([first, second, empty, KafkaRecord(topic: topic, key: "fine", value: [9])])
        let seen = Inbox<String>()
        let fine = Inbox<Void>()
        let consumer = try KafkaConsumer(
            configuration(),
            group: topic,
            topics: [topic],
            onFailure: .moveAside(retry: move.retry)
        ) { record in
            if record.key == Array("fine".utf8) { return fine.put(()) }
            seen.put(record.topic)
            throw Bounced()
        }
        #expect(consumer.topics == [topic, "\(topic).retry.20ms", "\(topic).retry.60ms"])
        var dead: [KafkaConsumedRecord] = []
        try await run(consumer) {
            _ = await fine.next()
            let topics = await seen.take(9)
            for name in consumer.topics { #expect(topics.filter { $0 == name }.count == 3) }
            dead = try await records(of: "\(topic).dead", 3)
        }
        #expect(dead.map(\.key) == [first.key, second.key, empty.key])
        #expect(dead.map(\.value) == [nil, second.value, []])
        for (index, record) in dead.enumerated() {
            let own = record.headers.filter { !$0.name.hasPrefix("stitch-") }
            #expect(own == Array([first, second, empty][index].headers))
            #expect(record.headers.text("stitch-attempt") == "3")
            #expect(record.headers.text("stitch-reason") == "exhausted")
            #expect(record.headers.text("stitch-error") == "Bounced")
            #expect(record.headers.text("stitch-due") == nil)
            #expect(record.headers.text("stitch-source")?.hasPrefix("\(topic)/0/\(index)/") == true)
        }
        #expect(dead[0].headers.text("stitch-source") == "\(topic)/0/0/1700000000123")
    }

    @Test("is handled in a retry topic when it is due, and no sooner")
    func due() async throws {
        let move = KafkaMoveAside(retry: [.milliseconds(300)])
        let topic = try await topic("due", move)
        try await send([KafkaRecord(topic: topic, value: [1])])
        let times = Inbox<(Date, String?)>()
        let consumer = try KafkaConsumer(
            configuration(),
            group: topic,
            topics: [topic],
            onFailure: .moveAside(retry: move.retry)
        ) { record in
            times.put((.now, record.headers.text("stitch-due")))
            if record.topic == topic { throw Bounced() }
        }
        try await run(consumer) {
            let tries = await times.take(2)
            let due = try #require(tries[1].1.flatMap { Double($0) })
            #expect(tries[0].1 == nil && tries[1].0.timeIntervalSince1970 * 1000 >= due - 1)
        }
    }

    @Test("has all its tries again when it was redriven, though it says how many there were before")
    func redriven() async throws {
        let move = KafkaMoveAside(retry: [.milliseconds(20)])
        let topic = try await topic("redriven", move)
        let moved = MovedRecord(
            attempt: 6,
            previous: nil,
            reason: "redrive",
            source: MovedRecord.Source(topic: topic, partition: 0, offset: 0, timestamp: 1),
            target: topic,
            redriven: 6
        )
        var headers = KafkaHeaders()
        for field in moved.fields { headers.append(field.name, field.value) }
        try await send([KafkaRecord(topic: topic, value: [1], headers: headers)])
        let numbers = Inbox<Int>()
        let consumer = try KafkaConsumer(
            configuration(),
            group: topic,
            topics: [topic],
            onFailure: .moveAside(retry: move.retry, tries: 2, backoff: .none) { _, attempt in
                numbers.put(attempt.number)
                return nil
            }
        ) { _ in
            throw Bounced()
        }
        try await run(consumer) {
            #expect(await numbers.take(4) == [1, 2, 3, 4])
            let dead = try await records(of: "\(topic).dead", 1)
            #expect(dead[0].headers.text("stitch-attempt") == "10" && dead[0].headers.text("stitch-redriven") == "6")
        }
    }

    @Test("can be moved however large it is: that is for the broker to say")
    func large() async throws {
        let topic = try await topic("large", KafkaMoveAside(retry: []))
        var generous = try configuration()
        generous.maximumRecordBytes = 2_000_000
        let producer = try KafkaProducer(generous)
        try await producer.send(KafkaRecord(topic: topic, value: Array(repeating: 1, count: 1_048_000)))
        await producer.shutdown()
        let consumer = try KafkaConsumer(
            configuration(),
            group: topic,
            topics: [topic],
            onFailure: .moveAside(retry: [])
        ) { _ in
            throw Bounced()
        }
        try await run(consumer) {
            let dead = try await records(of: "\(topic).dead", 1)
            #expect(dead[0].valueCount == 1_048_000)
        }
        var own = try configuration()
        own.properties["message.max.bytes"] = "5000"
        #expect(own.moving.maximumRecordBytes == nil)
        #expect(generous.moving.maximumRecordBytes == 2_000_000)
    }
}
