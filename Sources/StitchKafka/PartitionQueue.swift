// SPDX-License-Identifier: Apache-2.0

import CStitchRdkafka

/// Owns the queue of one assigned partition.
///
/// Its owner calls it from one thread at a time, and not after `destroy`.
final class PartitionQueue: Sendable {
    /// What the queue had.
    struct Taken {
        var records: [KafkaConsumedRecord] = []
        /// What came after the records instead of a further one.
        var error: rd_kafka_resp_err_t?
    }

    // librdkafka's queues may be used by any thread. Destroyed in `destroy`, and nowhere else.
    nonisolated(unsafe) private let queue: OpaquePointer
    private let partition: TopicPartition
    // The callback below has a pointer to it, so it lives as long as the queue.
    private let wake: Wake

    /// - Parameters:
    ///   - client: The consumer.
    ///   - partition: Has to be one that is about to be assigned.
    ///   - wake: Is signalled when the empty queue gets something.
    init?(client: OpaquePointer, _ partition: TopicPartition, wake: Wake) {
        // A reference of ours.
        guard let queue = rd_kafka_queue_get_partition(client, partition.topic, partition.partition) else { return nil }
        // Before the assignment, so that no record gets into the queue of the consumer.
        rd_kafka_queue_forward(queue, nil)
        self.queue = queue
        self.partition = partition
        self.wake = wake
        // Called by librdkafka's threads with the queue locked: must not call librdkafka, nor wait for who does. The
        // reference is not counted: `destroy` ends the callback before the last one goes.
        rd_kafka_queue_cb_event_enable(
            queue,
            { _, opaque in
                if let opaque { Unmanaged<Wake>.fromOpaque(opaque).takeUnretainedValue().signal() }
            },
            Unmanaged.passUnretained(wake).toOpaque()
        )
    }

    /// Takes up to `count` records of what is there.
    ///
    /// Never waits.
    func take(upTo count: Int) -> Taken {
        withUnsafeTemporaryAllocation(of: UnsafeMutablePointer<rd_kafka_message_t>?.self, capacity: count) { messages in
            messages.initialize(repeating: nil)
            // With a timeout the call would wait for all `count` to come. The messages are ours.
            let taken = rd_kafka_consume_batch_queue(queue, 0, messages.baseAddress, count)
            var result = Taken()
            for case let message? in messages.prefix(max(taken, 0)) {
                if message.pointee.err.isNone {
                    if result.error == nil { result.records.append(record(message)) }
                } else if message.pointee.err != RD_KAFKA_RESP_ERR__PARTITION_EOF, result.error == nil {
                    result.error = message.pointee.err
                }
                // All was copied: nothing of the client's outlives the call, so that it can be destroyed at any time.
                rd_kafka_message_destroy(message)
            }
            return result
        }
    }

    /// Gives the queue back.
    func destroy() {
        rd_kafka_queue_cb_event_enable(queue, nil, nil)
        rd_kafka_queue_destroy(queue)
    }

    private func record(_ message: UnsafeMutablePointer<rd_kafka_message_t>) -> KafkaConsumedRecord {
        KafkaConsumedRecord(
            topic: partition.topic,
            partition: message.pointee.partition,
            offset: message.pointee.offset,
            key: .init(copying: message.pointee.key, count: message.pointee.key_len),
            value: .init(copying: message.pointee.payload, count: message.pointee.len),
            headers: headers(message),
            timestamp: KafkaTimestamp(of: message)
        )
    }

    private func headers(_ message: UnsafeMutablePointer<rd_kafka_message_t>) -> KafkaHeaders {
        var list: OpaquePointer?
        // The headers belong to the message.
        guard rd_kafka_message_headers(message, &list).isNone, let list else { return KafkaHeaders() }
        var headers = KafkaHeaders()
        var name: UnsafePointer<CChar>?
        var value: UnsafeRawPointer?
        var count = 0
        var index = 0
        while rd_kafka_header_get_all(list, index, &name, &value, &count).isNone {
            index += 1
            headers.append(name.map { String(cString: $0) } ?? "", .init(copying: value, count: count))
        }
        return headers
    }
}
