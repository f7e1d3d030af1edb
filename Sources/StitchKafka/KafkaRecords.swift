// SPDX-License-Identifier: Apache-2.0

/// The records of a consumer that has no handler, one by one.
///
/// They are taken from the partitions in turn; those of one partition come in order. Nothing is fetched ahead beyond what
/// librdkafka's queues hold and one batch of at most `prefetch` records.
///
/// A record counts as handled when the next one is asked for, unless commits are manual. Leaving the loop is leaving the
/// group, which goes on in the background and which the consumer's `shutdown()` waits for: the record that was in hand then
/// doesn't count, and comes again. The same goes for a task that is cancelled, where the sequence ends. It ends too when
/// the consumer is shut down, and throws what stops the consumer. Within the loop leave it rather than call `shutdown()`,
/// which waits for the record in hand.
///
/// Iterated over once, by one task at a time. Whoever takes long with a record is treated as a slow handler is.
///
/// ```swift
/// let consumer = try KafkaConsumer(configuration, group: "billing", topics: ["orders"])
/// for try await record in consumer.records {
///     try await record.process { try await book(record.decode(Order.self)) }
/// }
/// ```
public struct KafkaRecords: AsyncSequence, Sendable {
    private let loop: ConsumerLoop
    // An unused consumer stops; one that is iterated over is used.
    private let owner: any AnyObject & Sendable

    init(_ loop: ConsumerLoop, keeping owner: any AnyObject & Sendable) {
        self.loop = loop
        self.owner = owner
    }

    /// Begins to iterate.
    public func makeAsyncIterator() -> Iterator { Iterator(iteration: RecordIteration(loop, keeping: owner)) }

    /// Gives out one record after the other.
    public struct Iterator: AsyncIteratorProtocol {
        let iteration: RecordIteration

        /// The next record; `nil` when there will be none any more.
        ///
        /// - Throws: ``KafkaError`` when the brokers will never let the consumer go on, or the consumer has no records to
        ///   give out: it has a handler, or its records were iterated over before.
        public mutating func next() async throws(KafkaError) -> KafkaConsumedRecord? { try await iteration.next() }

        /// The next record, as ``next()``, for whatever actor asks.
        public mutating func next(
            isolation actor: isolated (any Actor)? = #isolation
        ) async throws(KafkaError) -> KafkaConsumedRecord? {
            try await iteration.next()
        }
    }
}

/// The records of a consumer that has no handler, several of one partition at a time.
///
/// As ``KafkaRecords``, but that the records of a batch count together, when the next batch is asked for.
public struct KafkaRecordBatches: AsyncSequence, Sendable {
    private let loop: ConsumerLoop
    private let owner: any AnyObject & Sendable
    private let count: Int

    init(_ loop: ConsumerLoop, upTo count: Int, keeping owner: any AnyObject & Sendable) {
        self.loop = loop
        self.count = count
        self.owner = owner
    }

    /// Begins to iterate.
    public func makeAsyncIterator() -> Iterator {
        Iterator(iteration: RecordIteration(loop, keeping: owner), count: count)
    }

    /// Gives out one batch after the other.
    public struct Iterator: AsyncIteratorProtocol {
        let iteration: RecordIteration
        let count: Int

        /// The next records, at least one, all of one partition and in order; `nil` when there will be none any more.
        ///
        /// - Throws: ``KafkaError`` when the brokers will never let the consumer go on, or the consumer has no records to
        ///   give out: it has a handler, its records were iterated over before, or a batch can't have as many.
        public mutating func next() async throws(KafkaError) -> [KafkaConsumedRecord]? {
            try await iteration.nextBatch(upTo: count)
        }

        /// The next records, as ``next()``, for whatever actor asks.
        public mutating func next(
            isolation actor: isolated (any Actor)? = #isolation
        ) async throws(KafkaError) -> [KafkaConsumedRecord]? {
            try await iteration.nextBatch(upTo: count)
        }
    }
}
