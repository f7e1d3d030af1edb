// SPDX-License-Identifier: Apache-2.0

public import MessageTracing
public import StitchKafka
public import TraceContext

extension TracedKafkaConsumer {
    /// Makes a consumer that handles records one by one.
    ///
    /// - Parameters:
    ///   - configuration: Where Kafka is and how to behave.
    ///   - group: The consumer group.
    ///   - topics: The topics; a name that begins with `^` is a regular expression.
    ///   - options: How to behave as a consumer.
    ///   - onFailure: What becomes of a record whose handler throws.
    ///   - continuation: Whether the work continues the trace that created the record.
    ///   - baggage: Which of the records' baggage is taken over.
    ///   - external: Whether records were written by somebody else: each then starts a trace, linked, and brings neither
    ///     baggage nor a say in sampling.
    ///   - handler: What is done with a record. Must be ready to get the same record again.
    /// - Throws: `KafkaError` with `configuration` that names the option, its value and what would be right.
    public convenience init(
        _ configuration: KafkaConfiguration,
        group: String,
        topics: [String],
        options: KafkaConsumerOptions = KafkaConsumerOptions(),
        onFailure: KafkaFailurePolicy = .stop,
        continuation: ContinuationPolicy = .default,
        baggage: BaggagePolicy = .all,
        external: Bool = false,
        handler: nonisolated(nonsending) @escaping @Sendable (KafkaConsumedRecord) async throws -> Void
    ) throws(KafkaError) {
        let tracing = KafkaTracingOptions(continuation: continuation, baggage: baggage, external: external)
        try self.init(configuration, .topics(topics, group: group), .each(handler), options, onFailure, tracing)
    }

    /// Makes a consumer that handles several records at once: those of one partition that are there, never waiting for
    /// more.
    ///
    /// - Parameters:
    ///   - configuration: Where Kafka is and how to behave.
    ///   - group: The consumer group.
    ///   - topics: The topics; a name that begins with `^` is a regular expression.
    ///   - batchesOf: How many records at most, 1 to 10,000. All count as handled, or none.
    ///   - options: How to behave as a consumer.
    ///   - onFailure: What becomes of records whose handler throws.
    ///   - continuation: Whether the work on a single record of a batch continues the trace that created it.
    ///   - baggage: Which of the records' baggage is taken over.
    ///   - external: Whether records were written by somebody else: each then starts a trace, linked, and brings neither
    ///     baggage nor a say in sampling.
    ///   - handler: What is done with them, in the order of their offsets, at least one.
    /// - Throws: `KafkaError` with `configuration` that names the option, its value and what would be right.
    public convenience init(
        _ configuration: KafkaConfiguration,
        group: String,
        topics: [String],
        batchesOf: Int,
        options: KafkaConsumerOptions = KafkaConsumerOptions(),
        onFailure: KafkaFailurePolicy = .stop,
        continuation: ContinuationPolicy = .default,
        baggage: BaggagePolicy = .all,
        external: Bool = false,
        handler: @escaping @Sendable ([KafkaConsumedRecord]) async throws -> Void
    ) throws(KafkaError) {
        let tracing = KafkaTracingOptions(continuation: continuation, baggage: baggage, external: external)
        try self.init(
            configuration,
            .topics(topics, group: group),
            .batches(of: batchesOf, handler),
            options,
            onFailure,
            tracing
        )
    }

    /// Makes a consumer without a handler, for `records` or `batches(upTo:)`.
    ///
    /// - Parameters:
    ///   - configuration: Where Kafka is and how to behave.
    ///   - group: The consumer group.
    ///   - topics: The topics; a name that begins with `^` is a regular expression.
    ///   - options: How to behave as a consumer.
    ///   - continuation: Whether the work in `record.process` continues the trace that created the record.
    ///   - baggage: Which of the records' baggage is taken over.
    ///   - external: Whether records were written by somebody else: each then starts a trace, linked, and brings neither
    ///     baggage nor a say in sampling.
    ///   - pollSpans: Whether records that are given out get a `poll` span.
    /// - Throws: `KafkaError` with `configuration` that names the option, its value and what would be right.
    public convenience init(
        _ configuration: KafkaConfiguration,
        group: String,
        topics: [String],
        options: KafkaConsumerOptions = KafkaConsumerOptions(),
        continuation: ContinuationPolicy = .default,
        baggage: BaggagePolicy = .all,
        external: Bool = false,
        pollSpans: Bool = true
    ) throws(KafkaError) {
        let tracing = KafkaTracingOptions(continuation: continuation, baggage: baggage, external: external)
        try self.init(
            configuration,
            .topics(topics, group: group),
            .sequence(pollSpans: pollSpans),
            options,
            .stop,
            tracing
        )
    }
}
