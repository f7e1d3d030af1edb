// SPDX-License-Identifier: Apache-2.0

public import Foundation
public import StitchService

/// What gives out records: a consumer, traced or not.
///
/// Everything here may be called by any task, also from within a handler. What asks brokers waits for their answer, a few
/// seconds at most, and throws ``KafkaError``.
public protocol KafkaConsuming: Service {
    /// The consumer group; empty for a consumer of partitions that has none.
    var group: String { get }

    /// The topics that are subscribed to; empty for a consumer of partitions.
    var topics: [String] { get }

    /// The partitions that are the consumer's now, in order.
    var assignment: [KafkaTopicPartition] { get }

    /// The records, one by one, of a consumer without a handler.
    var records: KafkaRecords { get }

    /// The records, several of one partition at a time, of a consumer without a handler.
    ///
    /// - Parameter count: How many at most, 1 to 10,000.
    /// - Returns: The batches, to be iterated over once.
    func batches(upTo count: Int) -> KafkaRecordBatches

    /// Commits what was handled and isn't committed yet, and waits for the broker's answer.
    ///
    /// With manual commits in a sequence, what was given out before the record or batch in hand counts as handled.
    ///
    /// - Throws: ``KafkaError`` when it was not committed.
    func commit() async throws(KafkaError)

    /// Commits that a record was handled, with all before it in its partition, and waits for the broker's answer.
    ///
    /// - Parameter record: The record.
    /// - Throws: ``KafkaError`` when it was not committed, also when its partition isn't the consumer's any more: somebody
    ///   else gets the record then.
    func commit(_ record: KafkaConsumedRecord) async throws(KafkaError)

    /// Asks where the group goes on.
    ///
    /// - Parameter partitions: The partitions, whoever's they are.
    /// - Returns: The offset behind the last record that is committed; those of which nothing is are missing.
    /// - Throws: ``KafkaError`` when no broker says it.
    func committed(_ partitions: [KafkaTopicPartition]) async throws(KafkaError) -> [KafkaTopicPartition: Int64]

    /// Where the consumer is in a partition.
    ///
    /// - Parameter partition: The partition.
    /// - Returns: The offset of the record that is worked on, or is next; `nil` while nothing was given out, and when the
    ///   partition isn't the consumer's.
    func position(of partition: KafkaTopicPartition) -> Int64?

    /// Goes on elsewhere.
    ///
    /// What was fetched is dropped; a handler in flight finishes, and does not count.
    ///
    /// - Parameters:
    ///   - partition: The partition, one of the consumer's.
    ///   - start: Where to.
    /// - Throws: ``KafkaError`` when it can't be done: then the consumer goes on where it was.
    func seek(_ partition: KafkaTopicPartition, to start: KafkaStart) async throws(KafkaError)

    /// Lets no record of these partitions begin until ``resume(_:)``; the one in flight goes on.
    ///
    /// Lasts no longer than the assignment. A partition that isn't the consumer's is passed over.
    ///
    /// - Parameter partitions: The partitions.
    func pause(_ partitions: [KafkaTopicPartition])

    /// Ends a ``pause(_:)``.
    ///
    /// - Parameter partitions: The partitions.
    func resume(_ partitions: [KafkaTopicPartition])

    /// Asks for the first records from some time on.
    ///
    /// - Parameters:
    ///   - time: The time, by the records' timestamps.
    ///   - partitions: The partitions, whoever's they are.
    /// - Returns: Their offsets; the end of a partition that has no record as late as that.
    /// - Throws: ``KafkaError`` when no broker says it.
    func offsets(
        at time: Date,
        of partitions: [KafkaTopicPartition]
    ) async throws(KafkaError) -> [KafkaTopicPartition: Int64]

    /// Asks how many records wait in each partition of the consumer, the one in flight among them.
    ///
    /// - Returns: The numbers, by partition.
    /// - Throws: ``KafkaError`` when no broker says it.
    func lag() async throws(KafkaError) -> [KafkaTopicPartition: Int64]
}
