// SPDX-License-Identifier: Apache-2.0

/// How a consumer behaves, beside what it does with records.
///
/// Nothing is checked here: the `init` of what takes it does, and throws.
public struct KafkaConsumerOptions: Sendable, Hashable {
    /// Who says that a record counts as handled.
    public enum Commit: Sendable, Hashable {
        /// The consumer: a record counts when its handler has returned, or when the next one is asked for. It is committed
        /// every `commitInterval` of the configuration, before a partition is given away, and on shutdown.
        case automatic

        /// The caller, by `commit`. Nothing is committed otherwise.
        case manual
    }

    /// Who says that a record counts as handled.
    public var commit = Commit.automatic

    /// How many records of a partition are taken from librdkafka's queue at once, at most; 1 to 10,000.
    ///
    /// Large records are taken in smaller numbers: about 1 MiB at once.
    public var prefetch = 1000

    /// After what time without a record done a handler is told to be slow, in diagnostics and in the consumer's health.
    ///
    /// However slow, it is never put out of the group silently: its partition is kept, and nothing further is fetched for it
    /// when its queue is full.
    public var slowHandler = Duration.seconds(30)

    /// After what time without a record done the consumer gives up: the handler is cancelled and `run()` throws; `nil` for
    /// never.
    public var handlerLimit: Duration?

    /// Automatic commits.
    public init() {}
}

extension KafkaConsumerOptions {
    /// Refuses what can't be.
    func check() throws(KafkaError) {
        if !(1...10_000).contains(prefetch) {
            throw KafkaError(.configuration, "The option 'prefetch' is \(prefetch): it has to be from 1 to 10000")
        }
        if slowHandler <= .zero {
            throw KafkaError(.configuration, "The option 'slowHandler' is \(slowHandler): it has to be more than 0")
        }
        if let handlerLimit, handlerLimit <= .zero {
            throw KafkaError(
                .configuration,
                "The option 'handlerLimit' is \(handlerLimit): it has to be more than 0, or nil for no limit"
            )
        }
    }

    /// The properties of librdkafka that are a consumer's own; what the configuration says is the user's.
    static func clientProperties(beside configuration: KafkaConfiguration) -> [(name: String, value: String)] {
        // Offsets are committed by us, so that it is known when, and never one of a record that wasn't handled.
        let own = [("enable.auto.commit", "false")]
        let strategy = "partition.assignment.strategy"
        if configuration.assignmentStrategy != nil || configuration.properties[strategy] != nil { return own }
        // There the brokers divide, and librdkafka refuses a strategy.
        if configuration.properties["group.protocol"]?.lowercased() == "consumer" { return own }
        // Only partitions that move are given away, the others go on.
        return own + [(strategy, "cooperative-sticky")]
    }
}
