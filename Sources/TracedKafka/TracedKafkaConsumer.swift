// SPDX-License-Identifier: Apache-2.0

public import StitchKafka
public import StitchService

/// A `KafkaConsumer` whose work on records is in the trace of the code that sent them.
///
/// Used like the plain one. Each call of a handler is a `process {topic}` span, current while the handler runs, that is
/// linked to the span that created the record and, unless the `ContinuationPolicy` says otherwise,
/// continues its trace.
///
/// A handler of batches gets one span, which starts a trace and links to each record's; there
/// ``/StitchKafka/KafkaConsumedRecord/process(_:)`` gives a single record a span of its own. In a sequence of records it
/// does so too, since nothing can make a span current for the body of a loop; a sequence none of whose records was
/// processed says so once, in diagnostics. What a sequence gives out is a `poll {topic}` span with a link to each record,
/// and what is committed a `commit {topic}` span, by the tracer that counts where the consumer is made.
///
/// Each further try of a record has a span of its own, linked to the try before too, and a record that is moved aside a
/// `send {topic}` span that links to its creation and to the failed try. What a record carries is never rewritten: its work
/// in a retry topic is in the same flow, and its age and its wait are those of the first record.
///
/// ```swift
/// let consumer = try TracedKafkaConsumer(configuration, group: "billing", topics: ["orders"]) { record in
///     try await book(record.decode(Order.self))
/// }
/// ```
public final class TracedKafkaConsumer: KafkaConsuming {
    let consumer: KafkaConsumer

    init(
        _ configuration: KafkaConfiguration,
        _ source: ConsumerSource,
        _ form: TracedForm,
        _ options: KafkaConsumerOptions,
        _ onFailure: KafkaFailurePolicy,
        _ tracing: KafkaTracingOptions
    ) throws(KafkaError) {
        let records = RecordTracing(
            group: source.groupName,
            clientID: configuration.clientID,
            retryTopics: Set(onFailure.retryTopics(of: source)),
            tracing
        )
        consumer = try KafkaConsumer(
            configuration.measured(group: source.groupName),
            source,
            options: options,
            handler: form.handler(records),
            onFailure: onFailure,
            observer: form.observer(records),
            moves: MoveTracing(clientID: configuration.clientID),
            trusts: !tracing.external
        )
    }

    /// The consumer group; empty for a consumer of partitions that has none.
    public var group: String { consumer.group }

    /// The topics that are subscribed to, retry topics among them; empty for a consumer of partitions.
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
    /// and returns when that is done.
    public func shutdown() async { await consumer.shutdown() }
}
