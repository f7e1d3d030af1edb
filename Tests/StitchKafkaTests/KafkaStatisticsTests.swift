// SPDX-License-Identifier: Apache-2.0

import KafkaTesting
import StitchTesting
import Synchronization
import Testing

@testable import StitchKafka

@Suite("Statistics", .timeLimit(.minutes(2)))
struct KafkaStatisticsTests {
    private func statistics(_ json: String) -> KafkaStatistics? {
        var json = json
        return json.withUTF8 { KafkaStatistics(json: UnsafeRawBufferPointer($0)) }
    }

    @Test("are read as librdkafka describes them")
    func read() throws {
        let read = try #require(
            statistics(
                """
                {"name":"billing#consumer-1","client_id":"billing","type":"consumer","age":2500000,"replyq":3,
                 "msg_cnt":4,"msg_size":5,"tx":6,"tx_bytes":7,"rx":8,"rx_bytes":9,"txmsgs":10,"rxmsgs":11,"new":{},
                 "brokers":{"b:1/1":{"name":"b:1/1","nodeid":1,"state":"UP","tx":2,"connects":1,"req_timeouts":3,
                   "rtt":{"min":1,"max":9,"avg":5,"cnt":4,"p50":4,"p95":8,"p99":9},"throttle":{"avg":2}}},
                 "topics":{"orders":{"topic":"orders","partitions":{
                   "1":{"partition":1,"leader":1,"consumer_lag":-1,"hi_offset":-1001,"msgq_cnt":2,"xmit_msgq_cnt":3},
                   "0":{"partition":0,"leader":1,"consumer_lag":7,"hi_offset":12,"committed_offset":5,"fetchq_cnt":2},
                   "-1":{"partition":-1}}}},
                 "cgrp":{"state":"up","join_state":"steady","rebalance_cnt":2,"rebalance_age":1500,"assignment_size":2}}
                """
            )
        )
        #expect(read.name == "billing#consumer-1" && read.clientID == "billing" && !read.isProducer)
        #expect(read.age == .milliseconds(2500) && read.waitingOperations == 3)
        #expect([read.queuedRecords, read.queuedBytes, read.requests, read.sentBytes] == [4, 5, 6, 7])
        #expect([read.responses, read.receivedBytes, read.sentRecords, read.receivedRecords] == [8, 9, 10, 11])
        let broker = try #require(read.brokers.first)
        #expect(broker.id == 1 && broker.state == "UP" && broker.requests == 2 && broker.timeouts == 3)
        #expect(broker.roundTrip?.average == .microseconds(5) && broker.roundTrip?.p99 == .microseconds(9))
        #expect(broker.throttle?.average == .milliseconds(2) && broker.queueTime == nil)
        #expect(read.partitions.map(\.partition) == [0, 1] && read.partitions.map(\.lag) == [7, nil])
        #expect(read.partitions[0].endOffset == 12 && read.partitions[0].committedOffset == 5)
        #expect(read.partitions[1].endOffset == nil && read.partitions[1].queuedRecords == 5)
        #expect(read.group?.rebalances == 2 && read.group?.rebalanceAge == .milliseconds(1500))
    }

    @Test(
        "that are not as expected are left out, and never trap",
        arguments: ["", "[]", "7", "{", "{\"a\":", "\u{0}", String(repeating: "[", count: 100_000)]
    )
    func unreadable(_ json: String) {
        #expect(statistics(json) == nil)
    }

    @Test("of other types, or beyond all bounds, are as if they weren't there")
    func tolerant() throws {
        let read = try #require(
            statistics(
                """
                {"name":7,"age":1e300,"tx":-1e18,"rx":"x","brokers":[1],"topics":{"t":{"partitions":{"0":7,
                 "1":{"partition":1e12},"2":{"partition":2,"msgq_cnt":9007199254740992,"consumer_lag":"x"}}}},"cgrp":[]}
                """
            )
        )
        #expect(read.name.isEmpty && read.age == .zero && read.requests == 0 && read.responses == 0)
        #expect(read.brokers.isEmpty && read.group == nil)
        #expect(read.partitions.map(\.partition) == [2] && read.partitions[0].topic == "t")
        let many = (0..<12_000).map { "\"\($0)\":{\"partition\":\($0)}" }.joined(separator: ",")
        let bounded = try #require(statistics("{\"topics\":{\"t\":{\"partitions\":{\(many)}}}}"))
        #expect(bounded.partitions.count == KafkaStatistics.mostPartitions)
    }

    @Test("of a producer and a consumer come when they are asked for")
    func live() async throws {
        let topic = try await TestCluster.topic("statistics")
        var configuration = try TestCluster.shared().configuration
        configuration.statisticsInterval = .milliseconds(50)
        let ofProducer = Inbox<KafkaStatistics>()
        configuration.statisticsHandler = KafkaStatisticsHandler { if $0.sentRecords > 0 { ofProducer.put($0) } }
        let producer = try KafkaProducer(configuration)
        try await producer.send(KafkaRecord(topic: topic, value: [1]))
        let sent = try #require(await ofProducer.take(1).first)
        #expect(sent.isProducer && sent.clientID == "stitch" && sent.sentBytes > 0)
        #expect(sent.brokers.contains { $0.state == "UP" && $0.requests > 0 })
        await producer.shutdown()

        let ofConsumer = Inbox<KafkaStatistics>()
        configuration.statisticsHandler = KafkaStatisticsHandler { if $0.receivedRecords > 0 { ofConsumer.put($0) } }
        let consumer = try KafkaConsumer(configuration, group: topic, topics: [topic]) { _ in }
        let running = Task { try await consumer.run() }
        let received = try #require(await ofConsumer.take(1).first)
        #expect(!received.isProducer && received.group != nil)
        #expect(received.partitions.contains { $0.topic == topic && $0.partition == 0 })
        await consumer.shutdown()
        try await running.value
    }

    @Test("of the producer that moves records aside aren't taken for the consumer's")
    func moves() async throws {
        let topic = try await TestCluster.topic("statistics-moves")
        try await TestCluster.shared().createTopic("\(topic).dead")
        var configuration = try TestCluster.shared().configuration
        configuration.statisticsInterval = .milliseconds(20)
        let all = Inbox<Void>()
        configuration.statisticsHandler = KafkaStatisticsHandler { if $0.isProducer { all.put(()) } }
        let recorded = Atomic(0)
        configuration.statisticsRecorder = KafkaStatisticsHandler {
            if $0.isProducer { recorded.add(1, ordering: .relaxed) }
        }
        let consumer = try KafkaConsumer(
            configuration,
            group: topic,
            topics: [topic],
            onFailure: .moveAside(retry: [])
        ) { _ in }
        let running = Task { try await consumer.run() }
        // Those of the producer have come as often, for who wants all.
        _ = await all.take(3)
        await consumer.shutdown()
        try await running.value
        #expect(recorded.load(ordering: .relaxed) == 0)
    }
}
