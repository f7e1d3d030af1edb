// SPDX-License-Identifier: Apache-2.0

public import StitchService

/// Receives the records of topics as a member of a consumer group, or those of given partitions.
///
/// Made with a handler it calls that; made without one it gives out ``records``, or ``batches(upTo:)``.
///
/// Each record is handled at least once: its offset counts only when the handler has returned. Within a partition records
/// are handled in order, one after the other; partitions are handled side by side. A handler that throws stops the
/// consumer, and ``run()`` throws: nothing is skipped, and whoever gets the partition next begins with that record. A
/// ``KafkaFailurePolicy`` can have it tried again first, or moved aside.
///
/// The consumer joins the group from `init` on; the handler is called while somebody runs ``run()``. When partitions go
/// to another member, handlers in flight may finish within the configuration's `drain`, then they are cancelled; what
/// was handled is committed first. ``shutdown()`` does the same and leaves the group. Cancelling the task that runs the
/// consumer is a shutdown with a `drain` of zero. A handler that was cancelled gives its record back, whatever it throws.
///
/// However long a handler takes, the consumer stays in its group: the partition is kept, what comes for it waits at the
/// broker, and a handler that takes long is told in diagnostics and in ``health``.
///
/// ```swift
/// let consumer = try KafkaConsumer(configuration, group: "billing", topics: ["orders"]) { record in
///     try await book(record.decode(Order.self))
/// }
/// try await runUntilSignal(consumer)
/// ```
public final class KafkaConsumer: KafkaConsuming {
    private let drain: Duration
    private let failures: FailureHandling?
    let loop: ConsumerLoop

    /// The consumer group; empty for a consumer of partitions that has none.
    public let group: String

    /// The topics that are subscribed to, retry topics among them; empty for a consumer of partitions.
    public let topics: [String]

    /// What all others do, and the traced consumer.
    package init(
        _ configuration: KafkaConfiguration,
        _ source: ConsumerSource,
        options: KafkaConsumerOptions,
        handler: RecordHandler,
        onFailure: KafkaFailurePolicy = .stop,
        observer: (any ConsumerObserver)? = nil,
        moves: (any MoveObserver)? = nil,
        trusts: Bool = true
    ) throws(KafkaError) {
        if case .batches(let count, _) = handler.form, !(1...10_000).contains(count) {
            throw KafkaError(.configuration, "The option 'batchesOf' is \(count): it has to be from 1 to 10000")
        }
        try onFailure.check()
        let intake = try source.intake()
        failures =
            onFailure.isActive
            ? try FailureHandling(onFailure, configuration, source, moves, trusts: trusts) : nil
        let source = source.reading(failures?.retryTopics ?? [])
        drain = configuration.drain
        group = source.groupName
        topics = source.topics
        var handler = handler
        handler.policy = failures
        loop = try ConsumerLoop(
            configuration,
            group: source.group,
            intake: failures == nil ? intake : try source.intake(),
            options: options,
            handler: handler,
            observer: observer
        )
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
        do {
            try await withTaskCancellationHandler {
                try await loop.run()
            } onCancel: {
                loop.stop(drain: .zero)
            }
        } catch {
            await failures?.shutdown()
            throw error
        }
        await failures?.shutdown()
    }

    /// Takes no more records, lets handlers in flight finish within `drain`, then cancels them, commits, leaves the group,
    /// and returns when that is done.
    ///
    /// While no broker can be reached, committing and leaving are given up after 5 seconds each. Records that somebody
    /// keeps are his for as long as he likes.
    public func shutdown() async {
        loop.stop(drain: drain)
        _ = await loop.ended.value
        await failures?.shutdown()
    }
}
