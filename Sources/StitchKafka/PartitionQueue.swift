// SPDX-License-Identifier: Apache-2.0

import CStitchRdkafka

/// Owns the queue of one assigned partition.
///
/// Its owner calls it from one thread at a time, and not after `destroy`.
final class PartitionQueue: Sendable {
    /// What the queue had.
    struct Taken {
        /// The records, if there were any.
        var batch: ConsumedBatch?
        /// What came instead of a record, and may pass.
        var troubles: [KafkaError] = []
        /// What came behind the records and ends the reading: nothing after it was taken.
        var failure: KafkaError?
        /// How many are still there.
        var left = 0
    }

    // librdkafka's queues may be used by any thread. Destroyed in `destroy`, and nowhere else.
    nonisolated(unsafe) private let queue: OpaquePointer
    private let partition: KafkaTopicPartition
    private let handle: ClientHandle
    private let processor: (any KafkaRecordProcessor)?
    private let companion: (any AnyObject & Sendable)?
    // The callback below has a pointer to it, so it lives as long as the queue.
    private let wake: Wake

    /// - Parameters:
    ///   - handle: The consumer; its owner destroys the queue before letting go of it.
    ///   - partition: Has to be one that is about to be assigned.
    ///   - observer: What stands round the work on its records.
    ///   - wake: Is signalled when the empty queue gets something.
    init?(
        _ handle: ClientHandle,
        _ partition: KafkaTopicPartition,
        observer: (any ConsumerObserver)?,
        wake: Wake
    ) {
        // A reference of ours.
        guard let queue = rd_kafka_queue_get_partition(handle.client, partition.topic, partition.partition) else {
            return nil
        }
        // Before the assignment, so that no record gets into the queue of the consumer.
        rd_kafka_queue_forward(queue, nil)
        self.queue = queue
        self.partition = partition
        self.handle = handle
        processor = observer?.processor
        companion = observer?.companion(of: partition.topic)
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
    /// Never waits. Without a record the queue is empty, so that what comes next signals.
    func take(upTo count: Int, _ taking: Taking) -> Taken {
        var result = Taken()
        while takeOnce(upTo: count, taking, &result) == count, result.batch == nil, result.failure == nil {}
        return result
    }

    /// - Returns: How much was taken, of whatever kind.
    private func takeOnce(upTo count: Int, _ taking: Taking, _ result: inout Taken) -> Int {
        withUnsafeTemporaryAllocation(of: ConsumedBatch.Message?.self, capacity: count) { messages in
            messages.initialize(repeating: nil)
            // With a timeout the call would wait for all `count` to come. The messages are ours.
            let taken = rd_kafka_consume_batch_queue(queue, 0, messages.baseAddress, count)
            guard taken > 0 else { return 0 }
            // The batch destroys it.
            let kept = UnsafeMutableBufferPointer<ConsumedBatch.Message>.allocate(capacity: taken)
            var keptCount = 0
            for case let message? in messages.prefix(taken) {
                if message.pointee.err.isNone, result.failure == nil {
                    kept.initializeElement(at: keptCount, to: message)
                    keptCount += 1
                } else {
                    note(message, &result)
                    rd_kafka_message_destroy(message)
                }
            }
            guard keptCount > 0 else {
                kept.deallocate()
                return taken
            }
            result.left = rd_kafka_queue_length(queue)
            result.batch = ConsumedBatch(
                UnsafeMutableBufferPointer(rebasing: kept[..<keptCount]),
                of: partition,
                end: end,
                taking: taking,
                client: handle,
                processor: processor,
                companion: companion
            )
            return taken
        }
    }

    /// Notes what came instead of a record, which stays the caller's.
    private func note(_ message: ConsumedBatch.Message, _ result: inout Taken) {
        let code = message.pointee.err
        // After a failure librdkafka goes on behind it; what was in between would be passed over.
        guard result.failure == nil, !code.isNone, code != RD_KAFKA_RESP_ERR__PARTITION_EOF else { return }
        // Belongs to the message.
        let text = rd_kafka_message_errstr(message).map { String(cString: $0) }
        let error = ReadingError.error(code, text, in: partition, at: message.pointee.offset)
        if ReadingError.stops(error.errorType) { result.failure = error } else { result.troubles.append(error) }
    }

    /// The offset behind the partition's last record, as the last fetch told it; -1 if none did.
    private var end: Int64 {
        var first: Int64 = -1
        var end: Int64 = -1
        // Never waits.
        let result = rd_kafka_get_watermark_offsets(handle.client, partition.topic, partition.partition, &first, &end)
        return result.isNone ? end : -1
    }

    /// Gives the queue back.
    func destroy() {
        rd_kafka_queue_cb_event_enable(queue, nil, nil)
        rd_kafka_queue_destroy(queue)
    }
}
