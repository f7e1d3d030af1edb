// SPDX-License-Identifier: Apache-2.0

import CStitchRdkafka

/// Owns librdkafka's producer and the queue of its events.
///
/// Knows no policy: see `DeliveryLoop`.
final class ProducerClient: Sendable {
    // librdkafka's objects may be used by any thread. Both are destroyed in `destroy`, and nowhere else.
    nonisolated(unsafe) private let client: OpaquePointer
    nonisolated(unsafe) private let events: OpaquePointer

    init(_ configuration: KafkaConfiguration) throws(KafkaError) {
        let native = try NativeConfiguration(ClientProperties(configuration, for: .producer))
        native.adjust { rd_kafka_conf_set_events($0, RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_STATS) }
        client = try native.makeClient(RD_KAFKA_PRODUCER)
        // A reference of ours to the client's main queue.
        events = rd_kafka_queue_get_main(client)
    }

    /// Puts a record into the local queue.
    ///
    /// `nil` means that it was taken, and that `pending` will come back to `serve`.
    func produce(_ record: KafkaRecord, _ pending: PendingSend) -> PendingSend.Answer? {
        let headers = nativeHeaders(record.headers)
        // librdkafka's reference; ends in `serve`, or below when nothing was taken.
        let opaque = Unmanaged.passRetained(pending)
        let result = record.key.withBytes { key, keyCount in
            record.value.withBytes { value, valueCount in
                // Copies topic, key and value. Takes headers and opaque only without an error.
                cstitch_produce(
                    client,
                    record.topic,
                    record.partition ?? -1,
                    key,
                    keyCount,
                    value,
                    valueCount,
                    record.timestamp ?? 0,
                    headers,
                    opaque.toOpaque()
                )
            }
        }
        guard !result.isNone else { return nil }
        opaque.release()
        if let headers { rd_kafka_headers_destroy(headers) }
        if result == RD_KAFKA_RESP_ERR__QUEUE_FULL { return .full }
        return .failed(KafkaError(native: result, "A record for the topic '\(record.topic)' was not taken"))
    }

    /// Waits for the next event and hands out what it says.
    ///
    /// - Returns: How many records it answered; their room in the queue is free again.
    func serve(timeoutMilliseconds: Int32, onError: (rd_kafka_resp_err_t, String) -> Void) -> Int {
        // Ours, until destroyed.
        guard let event = rd_kafka_queue_poll(events, timeoutMilliseconds) else { return 0 }
        defer { rd_kafka_event_destroy(event) }
        switch rd_kafka_event_type(event) {
        case RD_KAFKA_EVENT_DR:
            var count = 0
            // The messages belong to the event.
            while let message = rd_kafka_event_message_next(event) {
                count += 1
                guard let opaque = message.pointee._private else { continue }
                // The reference that `produce` gave.
                Unmanaged<PendingSend>.fromOpaque(opaque).takeRetainedValue().resume(answer(message))
            }
            return count
        case RD_KAFKA_EVENT_ERROR:
            let text = rd_kafka_event_error_string(event).map { String(cString: $0) } ?? ""
            onError(rd_kafka_event_error(event), text)
            return 0
        case RD_KAFKA_EVENT_STATS:
            ClientHooks.tellStatistics(of: client, event)
            return 0
        default:
            return 0
        }
    }

    /// Sends what lingers and waits, for so long at most; `false` when some records still have no answer.
    ///
    /// Blocks.
    func flush(timeoutMilliseconds: Int32) -> Bool {
        rd_kafka_flush(client, timeoutMilliseconds).isNone
    }

    /// Gives up all records; each still gets its report.
    func purge() {
        rd_kafka_purge(client, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING)
    }

    /// Makes `serve` return, now or the next time.
    func wake() { rd_kafka_queue_yield(events) }

    /// What made the producer unusable, after `_FATAL`.
    func fatalError() -> KafkaError {
        let (code, text) = withErrorText { rd_kafka_fatal_error(client, $0, $1) }
        return KafkaError(native: code, "The producer can't go on", detail: text)
    }

    /// The end: nothing may be called afterwards.
    ///
    /// Blocks until librdkafka's threads have ended. What has no report yet would never get one.
    func destroy() {
        rd_kafka_queue_destroy(events)
        destroyClient(client)
    }

    private func answer(_ message: UnsafePointer<rd_kafka_message_t>) -> PendingSend.Answer {
        let topic = message.pointee.rkt.flatMap(rd_kafka_topic_name).map { String(cString: $0) } ?? ""
        guard message.pointee.err.isNone else {
            return .failed(
                KafkaError(native: message.pointee.err, "A record for the topic '\(topic)' was not delivered")
            )
        }
        let latency = rd_kafka_message_latency(message)
        let broker = rd_kafka_message_broker_id(message)
        return .delivered(
            KafkaDelivery(
                topic: topic,
                partition: message.pointee.partition,
                offset: message.pointee.offset,
                timestamp: KafkaTimestamp(of: message),
                latency: latency < 0 ? nil : .microseconds(latency),
                brokerID: broker < 0 ? nil : broker
            )
        )
    }

    /// Headers that the caller owns; `nil` for none.
    private func nativeHeaders(_ headers: KafkaHeaders) -> OpaquePointer? {
        guard !headers.isEmpty, let list = rd_kafka_headers_new(headers.count) else { return nil }
        for header in headers {
            // Name and value are copied.
            header.value.withBytes { value, count in
                _ = rd_kafka_header_add(list, header.name, -1, value, count)
            }
        }
        return list
    }
}
