// SPDX-License-Identifier: Apache-2.0

import CStitchRdkafka

/// What became of a record, as plain numbers.
package struct DeliveryReport: Sendable {
    var partition: Int32 = -1
    var brokerID: Int32 = -1
    var offset: Int64 = -1
    var timestamp: Int64 = -1
    /// In microseconds; less than 0 where it isn't known.
    var latency: Int64 = -1
    var timestampType = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE
    var error = RD_KAFKA_RESP_ERR_NO_ERROR
    /// What stands behind an error that says no more than that time was up.
    var trouble: BrokerTrouble?

    init() {}

    /// What a report says.
    ///
    /// - Parameters:
    ///   - report: The report.
    ///   - latency: In microseconds, where the caller knows it; else librdkafka is asked, which reads the clock.
    init(_ report: borrowing ReportedMessage, latency: Int64? = nil) {
        let message = report.message
        error = message.pointee.err
        guard error.isNone else {
            trouble = report.trouble
            return
        }
        partition = message.pointee.partition
        // librdkafka has other negative numbers for it, too.
        offset = max(message.pointee.offset, -1)
        brokerID = rd_kafka_message_broker_id(message)
        timestamp = rd_kafka_message_timestamp(message, &timestampType)
        self.latency = latency ?? rd_kafka_message_latency(message)
    }

    /// Whether the broker has the record.
    package var isDelivered: Bool { error.isNone }

    /// Where the record went.
    ///
    /// - Throws: Why it was not delivered.
    func delivery(to topic: String) throws(KafkaError) -> KafkaDelivery {
        if let failure = failure(of: topic) { throw failure }
        return place(in: topic)
    }

    /// The same of a record that was delivered.
    func place(in topic: String) -> KafkaDelivery {
        KafkaDelivery(
            topic: topic,
            partition: partition,
            offset: offset,
            timestamp: KafkaTimestamp(milliseconds: timestamp, timestampType),
            latency: latency < 0 ? nil : .microseconds(latency),
            brokerID: brokerID < 0 ? nil : brokerID
        )
    }

    /// Why the record was not delivered, if it wasn't.
    func failure(of topic: String) -> KafkaError? {
        if error.isNone { return nil }
        return KafkaError(native: error, "A record for the topic '\(topic)' was not delivered", behind: trouble)
    }
}

/// The report of one record, for as long as it is being looked at.
@_spi(Observing) public struct ReportedMessage: ~Copyable {
    let message: UnsafePointer<rd_kafka_message_t>
    /// Whose report it is.
    let client: OpaquePointer

    /// When the reports of this round came: nanoseconds of `CLOCK_MONOTONIC`, read once for all of them.
    @_spi(Observing) public let time: UInt64

    /// The record's partition; less than 0 where it has none.
    @_spi(Observing) public var partition: Int32 { message.pointee.partition }

    /// Its place in the partition; less than 0 where it has none.
    @_spi(Observing) public var offset: Int64 { message.pointee.offset }

    /// The broker that took it; less than 0 where none did.
    @_spi(Observing) public var brokerID: Int32 { rd_kafka_message_broker_id(message) }

    /// How long it took from the local queue to the broker's answer; `nil` where it isn't known.
    ///
    /// Reads the clock.
    @_spi(Observing) public var latency: Duration? {
        let latency = rd_kafka_message_latency(message)
        return latency < 0 ? nil : .microseconds(latency)
    }

    /// The record's key; `nil` for none.
    @_spi(Observing) public var key: UnsafeRawBufferPointer? {
        message.pointee.key.map { UnsafeRawBufferPointer(start: $0, count: message.pointee.key_len) }
    }

    /// Whether the broker has it.
    @_spi(Observing) public var isDelivered: Bool { message.pointee.err.isNone }

    /// The record's topic; converted at each call.
    @_spi(Observing) public var topic: String {
        message.pointee.rkt.flatMap(rd_kafka_topic_name).map { String(cString: $0) } ?? ""
    }

    /// Why it was not delivered, if it wasn't.
    @_spi(Observing) public var failure: KafkaError? {
        isDelivered ? nil : DeliveryReport(self, latency: -1).failure(of: topic)
    }

    /// What stands behind it when the record was not delivered in time.
    var trouble: BrokerTrouble? {
        guard message.pointee.err == RD_KAFKA_RESP_ERR__MSG_TIMED_OUT else { return nil }
        return ClientHooks.of(client)?.trouble?.seen(at: .now)
    }
}
