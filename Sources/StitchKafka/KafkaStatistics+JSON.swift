// SPDX-License-Identifier: Apache-2.0

import Foundation

extension KafkaStatistics {
    /// Of one client; what is larger is left.
    private static let largest = 64 << 20
    static let mostBrokers = 1000
    static let mostPartitions = 10_000

    /// Reads what librdkafka's STATISTICS.md describes; what is missing or of another type is as if it weren't there.
    ///
    /// `nil` for what is no JSON object, or too large. The text isn't kept.
    init?(json: UnsafeRawBufferPointer) {
        guard json.count <= Self.largest,
            let value = try? JSONSerialization.jsonObject(with: Data(json)), let fields = StatisticsFields(value)
        else { return nil }
        name = fields.text("name")
        clientID = fields.text("client_id")
        isProducer = fields.text("type") == "producer"
        age = .microseconds(fields.number("age"))
        queuedRecords = fields.number("msg_cnt")
        queuedBytes = fields.number("msg_size")
        waitingOperations = fields.number("replyq")
        requests = fields.number("tx")
        sentBytes = fields.number("tx_bytes")
        responses = fields.number("rx")
        receivedBytes = fields.number("rx_bytes")
        sentRecords = fields.number("txmsgs")
        receivedRecords = fields.number("rxmsgs")
        brokers = fields.objects("brokers").prefix(Self.mostBrokers).map { Broker($0.1) }
        for (name, topic) in fields.objects("topics") {
            let topicName = topic.text("topic", else: name)
            for (_, partition) in topic.objects("partitions") where partitions.count < Self.mostPartitions {
                if let partition = Partition(partition, topic: topicName) { partitions.append(partition) }
            }
        }
        partitions.sort { ($0.topic, $0.partition) < ($1.topic, $1.partition) }
        group = fields.object("cgrp").map(Group.init)
    }
}

extension KafkaStatistics.Broker {
    fileprivate init(_ fields: StatisticsFields) {
        name = fields.text("name")
        id = fields.number("nodeid", else: -1)
        state = fields.text("state")
        waitingRequests = fields.number("outbuf_cnt")
        openRequests = fields.number("waitresp_cnt")
        requests = fields.number("tx")
        sentBytes = fields.number("txbytes")
        sendErrors = fields.number("txerrs")
        retries = fields.number("txretries")
        timeouts = fields.number("req_timeouts")
        responses = fields.number("rx")
        receivedBytes = fields.number("rxbytes")
        receiveErrors = fields.number("rxerrs")
        connects = fields.number("connects")
        disconnects = fields.number("disconnects")
        roundTrip = fields.object("rtt").map { KafkaStatistics.Window($0, microseconds: 1) }
        queueTime = fields.object("int_latency").map { KafkaStatistics.Window($0, microseconds: 1) }
        sendTime = fields.object("outbuf_latency").map { KafkaStatistics.Window($0, microseconds: 1) }
        throttle = fields.object("throttle").map { KafkaStatistics.Window($0, microseconds: 1000) }
    }
}

extension KafkaStatistics.Partition {
    /// `nil` for librdkafka's own partition -1, where records wait that have none yet.
    fileprivate init?(_ fields: StatisticsFields, topic: String) {
        guard let partition = Int32(exactly: fields.number("partition", else: -1)), partition >= 0 else { return nil }
        self.topic = topic
        self.partition = partition
        leader = fields.number("leader", else: -1)
        // Both are records that wait for the broker: one for its thread, one in its thread.
        let (waiting, overflow) = fields.number("msgq_cnt").addingReportingOverflow(fields.number("xmit_msgq_cnt"))
        queuedRecords = overflow ? 0 : waiting
        fetchedRecords = fields.number("fetchq_cnt")
        lag = fields.known("consumer_lag")
        committedOffset = fields.known("committed_offset").map(Int64.init)
        endOffset = fields.known("hi_offset").map(Int64.init)
        nextOffset = fields.known("next_offset").map(Int64.init)
        sentRecords = fields.number("txmsgs")
        receivedRecords = fields.number("rxmsgs")
    }
}

extension KafkaStatistics.Group {
    fileprivate init(_ fields: StatisticsFields) {
        state = fields.text("state")
        joinState = fields.text("join_state")
        rebalances = fields.number("rebalance_cnt")
        rebalanceAge = .milliseconds(fields.number("rebalance_age"))
        rebalanceReason = fields.text("rebalance_reason")
        assignedPartitions = fields.number("assignment_size")
    }
}

extension KafkaStatistics.Window {
    fileprivate init(_ fields: StatisticsFields, microseconds: Int) {
        func time(_ name: String) -> Duration { .microseconds(fields.number(name)) * microseconds }
        count = fields.number("cnt")
        minimum = time("min")
        maximum = time("max")
        average = time("avg")
        p50 = time("p50")
        p95 = time("p95")
        p99 = time("p99")
    }
}

/// An object of JSON.
private struct StatisticsFields {
    private let values: [String: Any]

    init?(_ value: Any) {
        guard let values = value as? [String: Any] else { return nil }
        self.values = values
    }

    /// At most 1,000 characters.
    func text(_ name: String, else other: String = "") -> String {
        (values[name] as? String).map { String($0.prefix(1000)) } ?? other
    }

    /// Within the 53 bits that every reader of JSON agrees on.
    func number(_ name: String, else other: Int = 0) -> Int {
        guard let number = (values[name] as? NSNumber)?.doubleValue, abs(number) <= 9_007_199_254_740_992 else {
            return other
        }
        return Int(number)
    }

    /// What is negative where it isn't known.
    func known(_ name: String) -> Int? {
        let number = number(name, else: -1)
        return number < 0 ? nil : number
    }

    func object(_ name: String) -> StatisticsFields? { values[name].flatMap(StatisticsFields.init) }

    /// The objects that an object holds, by name.
    func objects(_ name: String) -> [(String, StatisticsFields)] {
        let objects = (values[name] as? [String: Any] ?? [:]).compactMap { name, value in
            StatisticsFields(value).map { (name, $0) }
        }
        return objects.sorted { $0.0 < $1.0 }
    }
}
