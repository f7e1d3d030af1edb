// SPDX-License-Identifier: Apache-2.0

import CStitchRdkafka
import Synchronization

/// Records that were fetched and stay where they are, in librdkafka's memory, until nobody has any of them.
///
/// Nothing in it changes but what librdkafka keeps of headers that it has taken apart, which is done under a lock.
final class ConsumedBatch: Sendable {
    typealias Message = UnsafeMutablePointer<rd_kafka_message_t>

    let partition: KafkaTopicPartition

    /// The offset behind the last record that the partition has, as far as is known; -1 if it isn't.
    let end: Int64

    /// What stands round the work on a record.
    let processor: (any KafkaRecordProcessor)?

    /// What the consumer's observer keeps for the topic.
    let companion: (any AnyObject & Sendable)?

    /// How many of its records count as handled, from the first on.
    let handled = Atomic<Int>(0)

    private let client: ClientHandle
    // Ours: the array, and each of its messages.
    nonisolated(unsafe) private let messages: UnsafeMutableBufferPointer<Message>
    private let headers = Mutex<Void>(())

    /// - Parameters:
    ///   - messages: Ours from here on, at least one, none with an error.
    ///   - partition: Where they come from.
    ///   - end: The offset behind the partition's last record; -1 if it isn't known.
    ///   - client: Is held until the batch is gone.
    ///   - processor: What stands round the work on a record.
    ///   - companion: What the consumer's observer keeps for the topic.
    init(
        _ messages: UnsafeMutableBufferPointer<Message>,
        of partition: KafkaTopicPartition,
        end: Int64,
        client: ClientHandle,
        processor: (any KafkaRecordProcessor)?,
        companion: (any AnyObject & Sendable)?
    ) {
        self.messages = messages
        self.partition = partition
        self.end = end
        self.client = client
        self.processor = processor
        self.companion = companion
        client.hold()
    }

    deinit {
        for message in messages { rd_kafka_message_destroy(message) }
        messages.deallocate()
        // After the last message: the client can't be destroyed before.
        client.letGo()
    }

    var count: Int { messages.count }

    /// The record at a place from 0, below `count`.
    subscript(index: Int) -> KafkaConsumedRecord { KafkaConsumedRecord(self, messages[index]) }

    /// The offset of the record at that place.
    func offset(_ index: Int) -> Int64 { messages[index].pointee.offset }

    /// Where to go on when the records that count as handled are all that ever will; `nil` if none does.
    var handledBefore: Int64? {
        let handled = handled.load(ordering: .acquiring)
        return handled > 0 ? messages[handled - 1].pointee.offset + 1 : nil
    }

    /// How many bytes the values have.
    var byteCount: Int { messages.reduce(0) { $0 + $1.pointee.len } }

    /// A message's headers, which belong to it; `nil` for none.
    ///
    /// librdkafka takes them apart when they are asked for first, which two tasks must not do at once.
    func headers(_ message: UnsafePointer<rd_kafka_message_t>) -> OpaquePointer? {
        nonisolated(unsafe) var list: OpaquePointer?
        nonisolated(unsafe) let message = message
        let result = headers.withLock { _ in rd_kafka_message_headers(message, &list) }
        return result.isNone ? list : nil
    }
}
