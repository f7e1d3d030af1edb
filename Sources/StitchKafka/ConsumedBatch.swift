// SPDX-License-Identifier: Apache-2.0

import CStitchPlatform
import CStitchRdkafka
import Synchronization

/// Records that were fetched and stay where they are, in librdkafka's memory, until nobody has any of them.
///
/// Nothing in it changes but for the moment in which librdkafka takes headers apart, which is under a lock.
final class ConsumedBatch: Sendable {
    typealias Message = UnsafeMutablePointer<rd_kafka_message_t>

    let partition: KafkaTopicPartition

    /// The offset behind the last record that the partition has, as far as is known; -1 if it isn't.
    let end: Int64

    /// When the records were taken.
    let taking: Taking

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
    ///   - taking: When they were taken.
    ///   - client: Is held until the batch is gone.
    ///   - processor: What stands round the work on a record.
    ///   - companion: What the consumer's observer keeps for the topic.
    init(
        _ messages: UnsafeMutableBufferPointer<Message>,
        of partition: KafkaTopicPartition,
        end: Int64,
        taking: Taking,
        client: ClientHandle,
        processor: (any KafkaRecordProcessor)?,
        companion: (any AnyObject & Sendable)?
    ) {
        self.messages = messages
        self.partition = partition
        self.end = end
        self.taking = taking
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

    /// Has what will be looked at of the records behind that one fetched while somebody works on it.
    ///
    /// The thread that received them is another one, which has moved on since: each first look at a record would wait for
    /// memory.
    @inline(__always)
    func expectRecords(behind index: Int) {
        if index &+ 2 < messages.count { stitch_expect_reads(messages[index &+ 2], Self.messageSize) }
        guard index &+ 1 < messages.count, let value = messages[index &+ 1].pointee.payload else { return }
        stitch_expect_reads(value, 64)
        // Headers stand behind the value.
        stitch_expect_reads(value + messages[index &+ 1].pointee.len, 128)
    }

    // What librdkafka keeps of a message, about.
    private static var messageSize: Int { 256 }

    /// The offset of the record at that place.
    func offset(_ index: Int) -> Int64 { messages[index].pointee.offset }

    /// Where to go on when the records that count as handled are all that ever will; `nil` if none does.
    var handledBefore: Int64? {
        let handled = handled.load(ordering: .acquiring)
        return handled > 0 ? messages[handled - 1].pointee.offset + 1 : nil
    }

    /// How many bytes the values have.
    var byteCount: Int { messages.reduce(0) { $0 + $1.pointee.len } }

    /// Shows a message's headers to `body`, which must not keep them; `nil` for none.
    ///
    /// librdkafka takes them apart when they are asked for, which two tasks must not do at once, and keeps them with the
    /// message. They are taken away from it at once and given back after `body`: kept until the last of the batch is done
    /// with, they would have each record wait for memory that the one before could have left.
    @inline(__always)
    func withHeaders<Success>(_ message: Message, _ body: (OpaquePointer?) -> Success) -> Success {
        // Both stay with this call: `withLock` runs its body here and now.
        nonisolated(unsafe) var list: OpaquePointer?
        nonisolated(unsafe) let message = message
        let result = headers.withLock { _ in rd_kafka_message_detach_headers(message, &list) }
        guard result.isNone, let list else { return body(nil) }
        // Ours since then; whoever asks next gets a list of his own.
        defer { rd_kafka_headers_destroy(list) }
        return body(list)
    }
}
