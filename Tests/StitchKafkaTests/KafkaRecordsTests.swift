// SPDX-License-Identifier: Apache-2.0

import Foundation
import KafkaTesting
import StitchKafka
import StitchService
import StitchTesting
import Testing

@Suite("The records of a consumer", .timeLimit(.minutes(1)))
struct KafkaRecordsTests {
    private func configuration() throws -> KafkaConfiguration { try TestCluster.shared().configuration }

    private func topic(_ name: String, partitions: Int = 1, records: Int) async throws -> String {
        let topic = try await TestCluster.topic(name, partitions: partitions)
        let producer = try KafkaProducer(configuration())
        for index in 0..<records {
            let partition = Int32(index % partitions)
            try await producer.send(KafkaRecord(topic: topic, value: [UInt8(index)], partition: partition))
        }
        await producer.shutdown()
        return topic
    }

    private func consumer(
        of topic: String,
        options: KafkaConsumerOptions = KafkaConsumerOptions()
    ) throws -> KafkaConsumer {
        try KafkaConsumer(configuration(), group: topic, topics: [topic], options: options)
    }

    @Test("come in order, and count when the next is asked for: leaving the loop leaves the group at the one in hand")
    func leaving() async throws {
        let topic = try await topic("leave", records: 5)
        var seen: [Int64] = []
        for try await record in try consumer(of: topic).records {
            seen.append(record.offset)
            if record.offset == 2 { break }
        }
        #expect(seen == [0, 1, 2])
        // The mock cluster, unlike a broker, refuses to commit while somebody else joins the group.
        let partition = KafkaTopicPartition(topic: topic, partition: 0)
        let observer = try KafkaConsumer(configuration(), partitions: [partition: .end], group: topic)
        while try await observer.committed([partition])[partition] != 2 { try await Task.sleep(for: .milliseconds(10)) }
        await observer.shutdown()
        for try await record in try consumer(of: topic).records {
            #expect(record.offset == 2 && record.value == [2])
            break
        }
    }

    @Test("come as batches of one partition too, which count together")
    func batches() async throws {
        let topic = try await topic("batch-sequence", partitions: 2, records: 20)
        var seen: [KafkaConsumedRecord] = []
        for try await batch in try consumer(of: topic).batches(upTo: 4) {
            #expect((1...4).contains(batch.count) && Set(batch.map(\.partition)).count == 1)
            seen += batch
            if seen.count == 20 { break }
        }
        for partition in [Int32(0), 1] {
            #expect(seen.filter { $0.partition == partition }.map(\.offset) == Array(0..<10))
        }
    }

    @Test("end when the consumer is shut down, after the record in hand, which counts")
    func shutdown() async throws {
        let topic = try await topic("sequence-shutdown", records: 3)
        let consumer = try consumer(of: topic)
        let running = Task { try await consumer.run() }
        let inHand = Inbox<Int64>()
        let door = Door()
        let iterating = Task {
            var count = 0
            for try await record in consumer.records {
                inHand.put(record.offset)
                try await door.pass()
                count += 1
            }
            return count
        }
        #expect(await inHand.next() == 0)
        let stopping = Task { await consumer.shutdown() }
        while consumer.health.isHealthy, !Task.isCancelled { await Task.yield() }
        door.open()
        #expect(try await iterating.value == 1)
        await stopping.value
        try await running.value
        for try await record in try self.consumer(of: topic).records {
            #expect(record.offset == 1)
            break
        }
    }

    @Test("end when the task is cancelled that iterates")
    func cancellation() async throws {
        let topic = try await topic("sequence-cancel", records: 1)
        let consumer = try consumer(of: topic)
        let inHand = Inbox<Int64>()
        let iterating = Task { for try await record in consumer.records { inHand.put(record.offset) } }
        #expect(await inHand.next() == 0)
        iterating.cancel()
        try await iterating.value
        // It has left: there is nothing to wait for.
        try await consumer.run()
    }

    @Test("are given out once, and not by a consumer with a handler")
    func refusals() async throws {
        let topic = try await topic("refusals", records: 1)
        let consumer = try consumer(of: topic)
        var first = consumer.records.makeAsyncIterator()
        #expect(try await first.next()?.offset == 0)
        var second = consumer.records.makeAsyncIterator()
        let twice = await #expect(throws: KafkaError.self) { _ = try await second.next() }
        #expect(twice?.code == .closed)
        let handling = try KafkaConsumer(configuration(), group: topic, topics: [topic]) { _ in }
        var third = handling.records.makeAsyncIterator()
        let handled = await #expect(throws: KafkaError.self) { _ = try await third.next() }
        #expect(handled?.code == .configuration)
        await handling.shutdown()
        for count in [0, 10_001] {
            var batches = try self.consumer(of: topic).batches(upTo: count).makeAsyncIterator()
            let refused = await #expect(throws: KafkaError.self) { _ = try await batches.next() }
            #expect(refused?.code == .configuration && refused?.message.contains("is \(count)") == true)
        }
    }

    @Test("stay readable for as long as they are kept, when the consumer is long gone")
    func kept() async throws {
        let topic = try await TestCluster.topic("kept")
        let producer = try KafkaProducer(configuration())
        try await producer.send(KafkaRecord(topic: topic, key: "k", value: "v", headers: ["h": "1"]))
        await producer.shutdown()
        var kept: KafkaConsumedRecord?
        for try await record in try consumer(of: topic).records {
            kept = record
            break
        }
        let record = try #require(kept)
        #expect(record.key == Array("k".utf8) && record.value == Array("v".utf8) && record.headers.text("h") == "1")
        #expect(record.withValueBytes { $0?.count } == 1 && record.valueCount == 1 && !record.isTombstone)
        #expect(record.withValueSpan { $0.byteCount } == 1)
    }

    @Test("count only by the caller's word when commits are manual")
    func manual() async throws {
        let topic = try await topic("manual", records: 4)
        var options = KafkaConsumerOptions()
        options.commit = .manual
        let partition = KafkaTopicPartition(topic: topic, partition: 0)
        let first = try consumer(of: topic, options: options)
        for try await record in first.records {
            #expect(first.position(of: partition) == record.offset)
            if record.offset == 1 {
                #expect(try await first.committed([partition]) == [:])
                try await first.commit(record)
                #expect(try await first.committed([partition]) == [partition: 2])
            }
            if record.offset == 3 { break }
        }
        let second = try consumer(of: topic, options: options)
        for try await record in second.records {
            if record.offset == 2 { continue }
            #expect(record.offset == 3)
            // Before the one in hand.
            try await second.commit()
            #expect(try await second.committed([partition]) == [partition: 3])
            break
        }
        await second.shutdown()
        let error = await #expect(throws: KafkaError.self) {
            try await second.commit(KafkaConsumedRecord(topic: topic, value: nil))
        }
        #expect(error?.code == KafkaError.Code("_STATE"))
    }

    @Test("can't be committed once reading went on elsewhere, so that no record is passed over that was not handled")
    func staleCommit() async throws {
        let topic = try await topic("stale", records: 10)
        var options = KafkaConsumerOptions()
        options.commit = .manual
        let partition = KafkaTopicPartition(topic: topic, partition: 0)
        let consumer = try consumer(of: topic, options: options)
        var records = consumer.records.makeAsyncIterator()
        var late: KafkaConsumedRecord?
        while let record = try await records.next() {
            late = record
            if record.offset == 8 { break }
        }
        let before = try #require(late)
        try await consumer.seek(partition, to: .offset(3))
        let error = await #expect(throws: KafkaError.self) { try await consumer.commit(before) }
        #expect(error?.code == KafkaError.Code("_STATE") && error?.message.contains("seek") == true)
        try await consumer.commit()
        #expect(try await consumer.committed([partition]) == [:])
        let next = try #require(try await records.next())
        #expect(next.offset == 3)
        try await consumer.commit(next)
        #expect(try await consumer.committed([partition]) == [partition: 4])
        await consumer.shutdown()
    }

    @Test("go on elsewhere as soon as their partition is assigned, though librdkafka is still looking where it begins")
    func earlySeek() async throws {
        // Of its own: it is slow.
        let cluster = try MockKafkaCluster()
        try await cluster.createTopic("early")
        let producer = try KafkaProducer(cluster.configuration)
        for value in 0..<5 { try await producer.send(KafkaRecord(topic: "early", value: [UInt8(value)])) }
        await producer.shutdown()
        try await cluster.setRoundTrip(.milliseconds(200))
        let partition = KafkaTopicPartition(topic: "early", partition: 0)
        let consumer = try KafkaConsumer(cluster.configuration, partitions: [partition: .committed], group: "early")
        while consumer.assignment.isEmpty, !Task.isCancelled { await Task.yield() }
        try await consumer.seek(partition, to: .offset(3))
        for try await record in consumer.records {
            #expect(record.offset == 3)
            break
        }
        await consumer.shutdown()
        await cluster.shutdown()
    }

    @Test("of given partitions come without a group, from where they were asked for")
    func partitions() async throws {
        let topic = try await topic("partitions", partitions: 2, records: 20)
        let first = KafkaTopicPartition(topic: topic, partition: 0)
        let second = KafkaTopicPartition(topic: topic, partition: 1)
        let consumer = try KafkaConsumer(configuration(), partitions: [first: .offset(7), second: .last(2)])
        #expect(consumer.group.isEmpty && consumer.topics.isEmpty)
        var seen: [KafkaTopicPartition: [Int64]] = [:]
        for try await record in consumer.records {
            seen[record.place, default: []].append(record.offset)
            if seen.values.map(\.count).reduce(0, +) == 5 {
                #expect(consumer.assignment == [first, second])
                let error = await #expect(throws: KafkaError.self) { try await consumer.commit() }
                #expect(error?.code == .configuration)
                break
            }
        }
        #expect(seen == [first: [7, 8, 9], second: [8, 9]])
    }

    @Test("of given partitions are committed for a group that isn't joined")
    func partitionsOfGroup() async throws {
        let topic = try await topic("partitions-group", records: 5)
        let partition = KafkaTopicPartition(topic: topic, partition: 0)
        func consumer() throws -> KafkaConsumer {
            try KafkaConsumer(configuration(), partitions: [partition: .committed], group: topic)
        }
        let first = try consumer()
        for try await record in first.records where record.offset == 2 { break }
        await first.shutdown()
        let second = try consumer()
        for try await record in second.records {
            #expect(record.offset == 2)
            break
        }
        await second.shutdown()
    }

    @Test("go on elsewhere after a seek, and what was taken before is dropped")
    func seek() async throws {
        let topic = try await topic("seek", records: 10)
        let partition = KafkaTopicPartition(topic: topic, partition: 0)
        let consumer = try KafkaConsumer(configuration(), partitions: [partition: .beginning])
        var seen: [Int64] = []
        for try await record in consumer.records {
            seen.append(record.offset)
            switch seen.count {
            case 2: try await consumer.seek(partition, to: .offset(8))
            case 4: try await consumer.seek(partition, to: .beginning)
            case 6:
                let other = KafkaTopicPartition(topic: topic, partition: 7)
                await #expect(throws: KafkaError.self) { try await consumer.seek(other, to: .beginning) }
                await #expect(throws: KafkaError.self) { try await consumer.seek(partition, to: .offset(-3)) }
            case 7: #expect(try await consumer.lag() == [partition: 8])
            default: break
            }
            if seen.count == 7 { break }
        }
        #expect(seen == [0, 1, 8, 9, 0, 1, 2])
    }

    @Test("are counted, and found by time, though who is asked first has just ceased to lead their partition")
    func leaderChange() async throws {
        // Of its own: its requests fail.
        let cluster = try MockKafkaCluster()
        try await cluster.createTopic("led")
        let producer = try KafkaProducer(cluster.configuration)
        for value in 0..<10 { try await producer.send(KafkaRecord(topic: "led", value: [UInt8(value)])) }
        await producer.shutdown()
        let partition = KafkaTopicPartition(topic: "led", partition: 0)
        let consumer = try KafkaConsumer(cluster.configuration, partitions: [partition: .beginning])
        for try await record in consumer.records where record.offset == 3 {
            for refusal in ["NOT_LEADER_OR_FOLLOWER", "LEADER_NOT_AVAILABLE", "FENCED_LEADER_EPOCH"] {
                try await cluster.fail(.listOffsets, with: KafkaError.Code(refusal))
                #expect(try await consumer.lag() == [partition: 7], "\(refusal)")
            }
            let refusal = KafkaError.Code("NOT_LEADER_OR_FOLLOWER")
            try await cluster.fail(.listOffsets, with: refusal, refusal)
            let late = try await consumer.offsets(at: .now + 86_400, of: [partition])
            #expect(late == [partition: 10])
            // Another refusal stays, and is the answer. The client asks for offsets of its own accord, too.
            let other = KafkaError.Code.topicAuthorizationFailed
            try await cluster.fail(.listOffsets, with: other, other, other, other)
            await #expect(throws: KafkaError.self) { try await consumer.lag() }
            break
        }
        await consumer.shutdown()
        await cluster.shutdown()
    }

    @Test("of a partition that is paused wait, those of others go on")
    func pause() async throws {
        let topic = try await topic("pause", partitions: 2, records: 20)
        let first = KafkaTopicPartition(topic: topic, partition: 0)
        let second = KafkaTopicPartition(topic: topic, partition: 1)
        let consumer = try KafkaConsumer(configuration(), partitions: [first: .beginning, second: .beginning])
        var seen: [KafkaConsumedRecord] = []
        var paused: KafkaTopicPartition?
        for try await record in consumer.records {
            seen.append(record)
            if seen.count == 3 {
                paused = record.place
                consumer.pause([record.place])
            }
            if let paused, record.place != paused, record.offset == 9 { consumer.resume([paused]) }
            if seen.count == 20 { break }
        }
        let place = try #require(paused)
        let late = try #require(seen.lastIndex { $0.place != place })
        #expect(seen[3...late].allSatisfy { $0.place != place })
        for partition in [first, second] {
            #expect(seen.filter { $0.place == partition }.map(\.offset) == Array(0..<10))
        }
    }

    @Test("are found by their time")
    func times() async throws {
        let topic = try await TestCluster.topic("times")
        let producer = try KafkaProducer(configuration())
        try await producer.send(KafkaRecord(topic: topic, value: [0]))
        await producer.shutdown()
        let partition = KafkaTopicPartition(topic: topic, partition: 0)
        let consumer = try KafkaConsumer(configuration(), partitions: [partition: .end])
        #expect(try await consumer.offsets(at: .distantFuture, of: [partition]) == [partition: 1])
        await consumer.shutdown()
        let error = await #expect(throws: KafkaError.self) {
            _ = try await consumer.offsets(at: .distantFuture, of: [partition])
        }
        #expect(error?.code == .closed)
    }

    @Test("are found by their time in no partition, and not where only half of the answer came")
    func partialTimes() async throws {
        // Of its own: its requests fail.
        let cluster = try MockKafkaCluster()
        try await cluster.createTopic("times")
        let producer = try KafkaProducer(cluster.configuration)
        try await producer.send(KafkaRecord(topic: "times", value: [0]))
        await producer.shutdown()
        let partition = KafkaTopicPartition(topic: "times", partition: 0)
        let consumer = try KafkaConsumer(cluster.configuration, partitions: [partition: .beginning], group: "times")
        var records = consumer.records.makeAsyncIterator()
        _ = try await records.next()
        #expect(try await consumer.offsets(at: .now, of: []) == [:])
        #expect(try await consumer.committed([]) == [:])
        // The question by time is answered, the one for the end of the partition is not.
        let refusal = KafkaError.Code.topicAuthorizationFailed
        try await cluster.fail(.listOffsets, with: KafkaError.Code("NO_ERROR"), refusal, refusal, refusal)
        let error = await #expect(throws: KafkaError.self) {
            _ = try await consumer.offsets(at: .distantFuture, of: [partition])
        }
        #expect(error?.code == refusal)
        await consumer.shutdown()
        await cluster.shutdown()
    }

    @Test("come from all topics that a pattern fits")
    func pattern() async throws {
        let first = try await topic("pattern-a", records: 1)
        let second = try await topic("pattern-a", records: 1)
        _ = try await topic("pattern-b", records: 1)
        var seen: Set<String> = []
        let consumer = try KafkaConsumer(configuration(), group: first, topics: ["^pattern-a.*"])
        for try await record in consumer.records {
            seen.insert(record.topic)
            if seen.count == 2 { break }
        }
        #expect(seen == [first, second])
    }

    @Test("are counted from where reading was asked to begin, before any was given out")
    func lagAtStart() async throws {
        let topic = try await topic("lag", records: 10)
        let partition = KafkaTopicPartition(topic: topic, partition: 0)
        var configuration = try configuration()
        configuration.autoOffsetReset = .latest
        let starts: [(KafkaStart, Int64)] = [
            (.beginning, 10), (.end, 0), (.offset(7), 3), (.offset(12), 0), (.last(2), 2), (.last(20), 10),
            (.committed, 0),
        ]
        for (start, lag) in starts {
            let consumer = try KafkaConsumer(configuration, partitions: [partition: start], group: topic)
            while consumer.assignment.isEmpty, !Task.isCancelled { await Task.yield() }
            #expect(try await consumer.lag() == [partition: lag], "\(start)")
            await consumer.shutdown()
        }
        let consumer = try KafkaConsumer(configuration, partitions: [partition: .beginning])
        for try await _ in consumer.records {
            try await consumer.seek(partition, to: .end)
            #expect(try await consumer.lag() == [partition: 0])
            try await consumer.seek(partition, to: .last(4))
            #expect(try await consumer.lag() == [partition: 4])
            break
        }
    }
}
