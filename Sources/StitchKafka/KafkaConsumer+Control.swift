// SPDX-License-Identifier: Apache-2.0

public import Foundation

extension KafkaConsumer {
    /// The partitions that are the consumer's now, in order.
    public var assignment: [KafkaTopicPartition] { loop.assigned.map(\.partition).sorted() }

    /// The records, one by one, of a consumer without a handler.
    public var records: KafkaRecords { KafkaRecords(loop, keeping: self) }

    /// The records, several of one partition at a time, of a consumer without a handler.
    ///
    /// - Parameter count: How many at most, 1 to 10,000.
    /// - Returns: The batches, to be iterated over once.
    public func batches(upTo count: Int) -> KafkaRecordBatches {
        KafkaRecordBatches(loop, upTo: count, keeping: self)
    }

    /// Commits what was handled and isn't committed yet, and waits for the broker's answer.
    ///
    /// - Throws: ``KafkaError`` when it was not committed.
    public func commit() async throws(KafkaError) { try await loop.commit() }

    /// Commits that a record was handled, with all before it in its partition, and waits for the broker's answer.
    ///
    /// - Parameter record: The record.
    /// - Throws: ``KafkaError`` when it was not committed, also when its partition isn't the consumer's any more.
    public func commit(_ record: KafkaConsumedRecord) async throws(KafkaError) { try await loop.commit(record) }

    /// Asks where the group goes on.
    ///
    /// - Parameter partitions: The partitions, whoever's they are.
    /// - Returns: The offset behind the last record that is committed; those of which nothing is are missing.
    /// - Throws: ``KafkaError`` when no broker says it, or the consumer has no group.
    public func committed(
        _ partitions: [KafkaTopicPartition]
    ) async throws(KafkaError) -> [KafkaTopicPartition: Int64] {
        try await loop.committed(partitions)
    }

    /// Where the consumer is in a partition.
    ///
    /// - Parameter partition: The partition.
    /// - Returns: The offset of the record that is worked on, or is next; `nil` while nothing was given out, and when the
    ///   partition isn't the consumer's.
    public func position(of partition: KafkaTopicPartition) -> Int64? { loop.reader(of: partition)?.position }

    /// Goes on elsewhere.
    ///
    /// What was fetched is dropped; a handler in flight finishes, and does not count.
    ///
    /// - Parameters:
    ///   - partition: The partition, one of the consumer's.
    ///   - start: Where to.
    /// - Throws: ``KafkaError`` when it can't be done: then the consumer goes on where it was.
    public func seek(_ partition: KafkaTopicPartition, to start: KafkaStart) async throws(KafkaError) {
        try await loop.seek(partition, to: start)
    }

    /// Lets no record of these partitions begin until ``resume(_:)``; the one in flight goes on.
    ///
    /// Lasts no longer than the assignment. What was fetched is kept, and when the queue is full nothing more is.
    ///
    /// - Parameter partitions: The partitions.
    public func pause(_ partitions: [KafkaTopicPartition]) { loop.pause(partitions) }

    /// Ends a ``pause(_:)``.
    ///
    /// - Parameter partitions: The partitions.
    public func resume(_ partitions: [KafkaTopicPartition]) { loop.resume(partitions) }

    /// Asks for the first records from some time on.
    ///
    /// - Parameters:
    ///   - time: The time, by the records' timestamps.
    ///   - partitions: The partitions, whoever's they are.
    /// - Returns: Their offsets; the end of a partition that has no record as late as that.
    /// - Throws: ``KafkaError`` when no broker says it.
    public func offsets(
        at time: Date,
        of partitions: [KafkaTopicPartition]
    ) async throws(KafkaError) -> [KafkaTopicPartition: Int64] {
        try await loop.offsets(at: time, of: partitions)
    }

    /// Asks how many records wait in each partition of the consumer, the one in flight among them.
    ///
    /// - Returns: The numbers, by partition.
    /// - Throws: ``KafkaError`` when no broker says it.
    public func lag() async throws(KafkaError) -> [KafkaTopicPartition: Int64] { try await loop.lag() }
}
