// SPDX-License-Identifier: Apache-2.0

import CStitchPlatform
import CStitchRdkafka

/// Owns librdkafka's producer and the queue of its events.
///
/// Knows no policy: see `DeliveryLoop`.
final class ProducerClient: Sendable {
    // librdkafka's objects may be used by any thread. Both are destroyed in `destroy`, and nowhere else.
    nonisolated(unsafe) let client: OpaquePointer
    nonisolated(unsafe) private let events: OpaquePointer

    // Kept alive by the client, which has them destroyed before it goes.
    private let topics: ProducerTopics

    /// - Parameters:
    ///   - configuration: Where Kafka is and how to behave.
    ///   - attach: Makes what is kept with each topic.
    /// - Throws: When a setting is wrong.
    init(
        _ configuration: KafkaConfiguration,
        _ attach: @escaping @Sendable (String) -> (any AnyObject & Sendable)?
    ) throws(KafkaError) {
        let native = try NativeConfiguration(ClientProperties(configuration, for: .producer))
        native.adjust { rd_kafka_conf_set_events($0, RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_STATS) }
        client = try native.makeClient(RD_KAFKA_PRODUCER)
        // A reference of ours to the client's main queue.
        events = rd_kafka_queue_get_main(client)
        topics = ProducerTopics(attach)
    }

    /// The topic of a record.
    @inline(__always)
    func topic(_ name: String) throws(KafkaError) -> FoundTopic {
        try topics.find(name, client)
    }

    /// Puts a record into the local queue.
    ///
    /// A timestamp of 0 is refused, which librdkafka would take for none, and one before 1970, which brokers refuse.
    ///
    /// - Parameters:
    ///   - record: The record.
    ///   - topic: Its topic.
    ///   - headers: What it has for headers; taken without an error, else untouched.
    ///   - opaque: What comes back to `serve` with the report; taken without an error.
    /// - Returns: No error, or why it was not taken.
    func produce(
        _ record: borrowing KafkaRecord,
        to topic: FoundTopic,
        _ headers: inout NativeHeaders,
        _ opaque: UnsafeMutableRawPointer
    ) -> rd_kafka_resp_err_t {
        // None is 0, which librdkafka takes for now.
        var timestamp: Int64 = 0
        if let given = record.timestamp {
            guard given > 0 else { return RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP }
            timestamp = given
        }
        let partition = record.partition ?? -1
        let list = headers.list
        var copies: Int32 = 1
        // What isn't copied is kept by what `opaque` stands for.
        if case .buffer = record.payload { copies = 0 }
        let result = record.key.withBytes { key, keyCount in
            record.payload.withBytes { value, valueCount in
                // Copies the key, and the value unless told otherwise. Takes headers and opaque only without an error.
                cstitch_produce(
                    client,
                    topic.handle,
                    partition,
                    copies,
                    key,
                    keyCount,
                    value,
                    valueCount,
                    timestamp,
                    list,
                    opaque
                )
            }
        }
        if result.isNone { headers.release() }
        return result
    }

    /// Has a loop told when there are events after there were none; to be called by whoever keeps the loop until the client
    /// is destroyed, and looks for events afterwards.
    func tellOfEvents(_ loop: DeliveryLoop) {
        // On whatever thread has the event, with the queue locked: nothing of librdkafka's may be called.
        rd_kafka_queue_cb_event_enable(
            events,
            { _, loop in
                guard let loop else { return }
                Unmanaged<DeliveryLoop>.fromOpaque(loop)._withUnsafeGuaranteedRef { $0.eventsCame() }
            },
            Unmanaged.passUnretained(loop).toOpaque()
        )
    }

    /// Whether there are events that nobody has been handed.
    var hasEvents: Bool { rd_kafka_queue_length(events) > 0 }

    /// The next event, if there is one.
    func nextEvent() -> ProducerEvent? { rd_kafka_queue_poll(events, 0).map { ProducerEvent($0) } }

    /// Hands out what an event says.
    ///
    /// - Parameters:
    ///   - event: The event.
    ///   - loop: Whose records it is about.
    ///   - onError: Is told of trouble.
    /// - Returns: Which records it answered; their room in the queue is free when the event is destroyed.
    func serve(
        _ event: borrowing ProducerEvent,
        _ loop: DeliveryLoop,
        onError: (rd_kafka_resp_err_t, String) -> Void
    ) -> SendReports {
        let event = event.pointer
        switch rd_kafka_event_type(event) {
        case RD_KAFKA_EVENT_DR:
            return settle(event, loop)
        case RD_KAFKA_EVENT_ERROR:
            let text = rd_kafka_event_error_string(event).map { String(cString: $0) } ?? ""
            let code = rd_kafka_event_error(event)
            ClientHooks.note(BrokerTrouble(code, text), of: client)
            onError(code, text)
            return SendReports()
        case RD_KAFKA_EVENT_STATS:
            ClientHooks.tellStatistics(of: client, event)
            return SendReports()
        default:
            return SendReports()
        }
    }

    /// Tells all who wait for a report of the event's; returns what reports there are.
    private func settle(
        _ event: OpaquePointer,
        _ loop: DeliveryLoop
    ) -> SendReports {
        let time = stitch_monotonic_time()
        var reports = SendReports()
        withUnsafeTemporaryAllocation(of: UnsafePointer<rd_kafka_message_t>?.self, capacity: 64) { messages in
            messages.initialize(repeating: nil)
            while true {
                // The messages belong to the event; each is given out once.
                let found = rd_kafka_event_message_array(event, messages.baseAddress, messages.count)
                if found == 0 { return }
                var spent = SpentSends()
                for index in 0..<found {
                    // Whoever sends was elsewhere since: each first look at what is kept would wait for memory.
                    if index + 4 < found, let kept = messages[index + 4]?.pointee._private {
                        stitch_expect_reads(kept, 128)
                    }
                    guard let message = messages[index] else { continue }
                    let report = ReportedMessage(message: message, client: client, time: time)
                    if Self.settle(report, loop, &spent) { reports.marked += 1 }
                }
                loop.pool.give(spent)
                reports.count += found
            }
        }
        return reports
    }

    /// - Returns: Whether the record has the mark of its epoch.
    private static func settle(
        _ report: consuming ReportedMessage,
        _ loop: DeliveryLoop,
        _ spent: inout SpentSends
    ) -> Bool {
        guard let opaque = report.message.pointee._private else { return false }
        let mark = UInt(bitPattern: opaque) & SendEntry.markBit
        let address = opaque - Int(mark)
        if UInt(bitPattern: address) & SendGroup.mark != 0 {
            SendGroup.settle(UInt(bitPattern: address), report)
        } else {
            // The reference that was given with the record.
            PendingSend.settle(Unmanaged.fromOpaque(address), report, loop, &spent)
        }
        return mark != 0
    }

    /// Sends what lingers, and waits for so long at most, until there is nothing left that was not answered.
    ///
    /// Blocks.
    ///
    /// - Returns: Whether there is nothing left.
    @discardableResult
    func sendWhatLingers(within limit: Duration) -> Bool {
        rd_kafka_flush(client, Int32(limit.wholeMilliseconds)).isNone
    }

    /// Gives up all records; each still gets its report.
    func purge() {
        rd_kafka_purge(client, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING)
    }

    /// What made the producer unusable, after `_FATAL`.
    func fatalError() -> KafkaError {
        let (code, text) = withErrorText { rd_kafka_fatal_error(client, $0, $1) }
        return KafkaError(native: code.ofProducer, "The producer can't go on", detail: text)
    }

    /// The end: nothing may be called afterwards.
    ///
    /// Blocks until librdkafka's threads have ended. What has no report yet would never get one.
    func destroy() {
        topics.removeAll()
        rd_kafka_queue_cb_event_enable(events, nil, nil)
        rd_kafka_queue_destroy(events)
        destroyClient(client)
    }
}
