// SPDX-License-Identifier: Apache-2.0

/// A transaction of a producer, for as long as ``KafkaProducing/withTransaction(_:)`` runs its body.
///
/// Whatever the producer sends meanwhile is part of it, through the transaction or not: consumers that read what is
/// committed see all of it or nothing.
public struct KafkaTransaction: Sendable {
    /// Takes offsets that are to be committed with the transaction: where to go on in each partition.
    public typealias OffsetCommit =
        @Sendable ([KafkaTopicPartition: Int64], KafkaGroupMetadata) async throws(KafkaError) -> Void

    private let producer: any KafkaProducing
    private let commit: OffsetCommit

    /// A transaction, for a double of ``KafkaProducing`` in tests.
    ///
    /// - Parameters:
    ///   - producer: Who sends.
    ///   - commit: Takes offsets that are to be committed with the transaction.
    public init(of producer: any KafkaProducing, commit: @escaping OffsetCommit) {
        self.producer = producer
        self.commit = commit
    }

    /// Sends a record and waits until the broker has taken it; see ``KafkaProducing/send(_:)``.
    @discardableResult
    public func send(_ record: KafkaRecord) async throws(KafkaError) -> KafkaDelivery {
        try await producer.send(record)
    }

    /// Sends records together and waits until the broker has answered all of them; see
    /// ``KafkaProducing/send(contentsOf:)``.
    public func send(contentsOf records: [KafkaRecord]) async -> KafkaDeliveries {
        await producer.send(contentsOf: records)
    }

    /// Hands a record over; the commit waits until it is delivered, and fails if it isn't.
    @discardableResult
    public nonisolated(nonsending) func enqueue(_ record: KafkaRecord) async throws(KafkaError) -> KafkaEnqueued {
        try await producer.enqueue(record)
    }

    /// Commits with the transaction that records were worked on: their group goes on behind the last of each partition.
    ///
    /// The consumer must not commit them itself: give it manual commits.
    ///
    /// - Parameters:
    ///   - records: The records.
    ///   - consumer: Who received them.
    /// - Throws: ``KafkaError`` when the broker refuses that, as when the partitions went to another member; throw it on,
    ///   so that the transaction is aborted.
    public func sendOffsets(
        of records: some Sequence<KafkaConsumedRecord>,
        from consumer: some KafkaGroupMember
    ) async throws(KafkaError) {
        var next: [KafkaTopicPartition: Int64] = [:]
        for record in records {
            let partition = KafkaTopicPartition(topic: record.topic, partition: record.partition)
            next[partition] = max(next[partition] ?? 0, record.offset + 1)
        }
        try await sendOffsets(next, from: consumer)
    }

    /// Commits with the transaction where the consumer's group goes on.
    ///
    /// - Parameters:
    ///   - offsets: The offset of the next record to work on, for each partition.
    ///   - consumer: A member of the group.
    /// - Throws: ``KafkaError`` when the broker refuses that; throw it on, so that the transaction is aborted.
    public func sendOffsets(
        _ offsets: [KafkaTopicPartition: Int64],
        from consumer: some KafkaGroupMember
    ) async throws(KafkaError) {
        guard !offsets.isEmpty else { return }
        try await commit(offsets, try await consumer.groupMetadata())
    }
}
