// SPDX-License-Identifier: Apache-2.0

public import MessageTracing
public import StitchKafka
public import StitchService
public import TraceContext

/// A `KafkaConsumer` whose handlers work in the trace of the code that sent the records.
///
/// Used like the plain one. Each call of a handler is a `process {topic}` span, current while the handler runs, that is
/// linked to the span that created the record and, unless the ``/MessageTracing/ContinuationPolicy`` says otherwise,
/// continues its trace.
///
/// A handler of batches gets one span, which starts a trace and links to each record's; there
/// ``/StitchKafka/KafkaConsumedRecord/process(_:)`` gives a single record a span of its own.
///
/// ```swift
/// let consumer = try TracedKafkaConsumer(configuration, group: "billing", topics: ["orders"]) { record in
///     try await book(record.decode(Order.self))
/// }
/// ```
public final class TracedKafkaConsumer: KafkaConsuming {
    private let consumer: KafkaConsumer

    /// Makes a consumer that handles records one by one.
    ///
    /// - Parameters:
    ///   - configuration: Where Kafka is and how to behave.
    ///   - group: The consumer group.
    ///   - topics: The topics; a name that begins with `^` is a regular expression.
    ///   - continuation: Whether the work continues the trace that created the record.
    ///   - baggage: Which of the records' baggage is taken over.
    ///   - external: Whether records were written by somebody else: each then starts a trace, linked, and brings neither
    ///     baggage nor a say in sampling.
    ///   - handler: What is done with a record. Must be ready to get the same record again.
    /// - Throws: `KafkaError` with `configuration` that names the option, its value and what would be right.
    public init(
        _ configuration: KafkaConfiguration,
        group: String,
        topics: [String],
        continuation: ContinuationPolicy = .default,
        baggage: BaggagePolicy = .all,
        external: Bool = false,
        handler: @escaping @Sendable (KafkaConsumedRecord) async throws -> Void
    ) throws(KafkaError) {
        let tracing = RecordTracing(
            group: group,
            clientID: configuration.clientID,
            continuation: continuation,
            baggage: baggage,
            external: external
        )
        consumer = try KafkaConsumer(configuration, group: group, topics: topics) { record in
            try await tracing.process(record) { try await handler(record) }
        }
    }

    /// Makes a consumer that handles several records at once: those of one partition that are there, never waiting for
    /// more.
    ///
    /// - Parameters:
    ///   - configuration: Where Kafka is and how to behave.
    ///   - group: The consumer group.
    ///   - topics: The topics; a name that begins with `^` is a regular expression.
    ///   - batchesOf: How many records at most, 1 to 10,000. All count as handled, or none.
    ///   - continuation: Whether the work on a single record of a batch continues the trace that created it.
    ///   - baggage: Which of the records' baggage is taken over.
    ///   - external: Whether records were written by somebody else: each then starts a trace, linked, and brings neither
    ///     baggage nor a say in sampling.
    ///   - handler: What is done with them, in the order of their offsets, at least one.
    /// - Throws: `KafkaError` with `configuration` that names the option, its value and what would be right.
    public init(
        _ configuration: KafkaConfiguration,
        group: String,
        topics: [String],
        batchesOf: Int,
        continuation: ContinuationPolicy = .default,
        baggage: BaggagePolicy = .all,
        external: Bool = false,
        handler: @escaping @Sendable ([KafkaConsumedRecord]) async throws -> Void
    ) throws(KafkaError) {
        let tracing = RecordTracing(
            group: group,
            clientID: configuration.clientID,
            continuation: continuation,
            baggage: baggage,
            external: external
        )
        consumer = try KafkaConsumer(configuration, group: group, topics: topics, batchesOf: batchesOf) { records in
            let traced = records.map { record in
                var record = record
                record.processor = tracing
                return record
            }
            try await tracing.process(records) { try await handler(traced) }
        }
    }

    /// The consumer group.
    public var group: String { consumer.group }

    /// The topics that are subscribed to.
    public var topics: [String] { consumer.topics }

    /// `TracedKafkaConsumer(group)`.
    public var name: String { "TracedKafkaConsumer(\(group))" }

    /// When a record was last handled, and what trouble there is since.
    public var health: ServiceHealth { consumer.health }

    /// Calls the handler until the consumer is shut down.
    ///
    /// - Throws: `KafkaError` when a handler threw (`handler`, with the handler's error as its cause) or when the brokers
    ///   will never let the consumer go on.
    public func run() async throws { try await consumer.run() }

    /// Takes no more records, lets handlers in flight finish within `drain`, then cancels them, commits, leaves the group,
    /// and returns when the client is gone.
    public func shutdown() async { await consumer.shutdown() }
}
