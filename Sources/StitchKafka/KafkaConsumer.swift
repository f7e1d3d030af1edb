// SPDX-License-Identifier: Apache-2.0

public import StitchService

/// Hands the records of topics to a handler, as a member of a consumer group.
///
/// Each record is handled at least once: its offset counts only when the handler has returned. Within a partition records
/// are handled in order, one after the other; partitions are handled side by side. A handler that throws stops the
/// consumer, and ``run()`` throws: nothing is skipped, and whoever gets the partition next begins with that record.
///
/// The consumer joins the group from `init` on; the handler is called while somebody runs ``run()``. When partitions go
/// to another member, handlers in flight may finish within the configuration's `drain`, then they are cancelled; what
/// was handled is committed first. ``shutdown()`` does the same and leaves the group. Cancelling the task that runs the
/// consumer is a shutdown with a `drain` of zero. A handler that was cancelled gives its record back, whatever it throws.
///
/// ```swift
/// let consumer = try KafkaConsumer(configuration, group: "billing", topics: ["orders"]) { record in
///     try await book(record.decode(Order.self))
/// }
/// try await runUntilSignal(consumer)
/// ```
public final class KafkaConsumer: KafkaConsuming {
    private let configuration: KafkaConfiguration
    private let loop: ConsumerLoop

    /// The consumer group.
    public let group: String

    /// The topics that are subscribed to.
    public let topics: [String]

    /// Makes a consumer that handles records one by one.
    ///
    /// - Parameters:
    ///   - configuration: Where Kafka is and how to behave.
    ///   - group: The consumer group.
    ///   - topics: The topics; a name that begins with `^` is a regular expression.
    ///   - handler: What is done with a record. Must be ready to get the same record again.
    /// - Throws: ``KafkaError`` with ``KafkaError/Code-swift.struct/configuration`` that names the option, its value and
    ///   what would be right.
    public convenience init(
        _ configuration: KafkaConfiguration,
        group: String,
        topics: [String],
        handler: @escaping @Sendable (KafkaConsumedRecord) async throws -> Void
    ) throws(KafkaError) {
        try self.init(configuration, group: group, topics: topics, handler: .each(handler))
    }

    /// Makes a consumer that handles several records at once: those of one partition that are there, never waiting for
    /// more.
    ///
    /// - Parameters:
    ///   - configuration: Where Kafka is and how to behave.
    ///   - group: The consumer group.
    ///   - topics: The topics; a name that begins with `^` is a regular expression.
    ///   - batchesOf: How many records at most, 1 to 10,000. All count as handled, or none.
    ///   - handler: What is done with them, in the order of their offsets, at least one.
    /// - Throws: ``KafkaError`` with ``KafkaError/Code-swift.struct/configuration`` that names the option, its value and
    ///   what would be right.
    public convenience init(
        _ configuration: KafkaConfiguration,
        group: String,
        topics: [String],
        batchesOf: Int,
        handler: @escaping @Sendable ([KafkaConsumedRecord]) async throws -> Void
    ) throws(KafkaError) {
        guard (1...10_000).contains(batchesOf) else {
            throw KafkaError(.configuration, "The option 'batchesOf' is \(batchesOf): it has to be from 1 to 10000")
        }
        try self.init(configuration, group: group, topics: topics, handler: .batches(of: batchesOf, handler))
    }

    /// What the two above do, and the traced consumer.
    package init(
        _ configuration: KafkaConfiguration,
        group: String,
        topics: [String],
        handler: RecordHandler
    ) throws(KafkaError) {
        if topics.isEmpty || topics.contains(where: { $0.isEmpty || $0.utf8.contains(0) }) {
            throw KafkaError(.configuration, "The option 'topics' is \(topics): give at least one name, none empty")
        }
        self.configuration = configuration
        self.group = group
        self.topics = topics
        loop = try ConsumerLoop(configuration, group: group, topics: topics, handler: handler)
    }

    deinit { loop.stop(drain: .zero) }

    /// `KafkaConsumer(group)`.
    public var name: String { "KafkaConsumer(\(group))" }

    /// When a record was last handled, and what trouble there is since.
    public var health: ServiceHealth { loop.health }

    /// Calls the handler until the consumer is shut down.
    ///
    /// - Throws: ``KafkaError`` when a handler threw (``KafkaError/Code-swift.struct/handler``, with the handler's error as
    ///   its cause) or when the brokers will never let the consumer go on.
    public func run() async throws {
        try await withTaskCancellationHandler {
            try await loop.run()
        } onCancel: {
            loop.stop(drain: .zero)
        }
    }

    /// Takes no more records, lets handlers in flight finish within `drain`, then cancels them, commits, leaves the group,
    /// and returns when the client is gone.
    ///
    /// While no broker can be reached, committing and leaving are given up after 5 seconds.
    public func shutdown() async {
        loop.stop(drain: configuration.drain)
        _ = await loop.ended.value
    }
}
