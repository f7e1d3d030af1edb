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

    /// How partitions move between the members of a group.
    public enum Rebalancing: Sendable, Hashable {
        /// Only partitions that move are given away, the others go on (`cooperative-sticky`).
        ///
        /// All members of a group have to say so.
        case cooperative

        /// All partitions are given away, and dealt out anew (`range,roundrobin`): for groups that have members which
        /// know no other way.
        case eager
    }

    /// Who says that a record counts as handled.
    public var commit = Commit.automatic

    /// How partitions move between the members of the group, unless the property `partition.assignment.strategy` says
    /// it.
    public var rebalancing = Rebalancing.cooperative

    /// A name that no other member of the group has, for a static membership: a member that comes back under it within the
    /// session timeout has its partitions again, and nothing moves meanwhile.
    ///
    /// Such a member doesn't leave the group on shutdown.
    public var instanceID: String?

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

    /// Automatic commits, cooperative rebalancing.
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
        if let instanceID, instanceID.isEmpty {
            throw KafkaError(.configuration, "The option 'instanceID' is empty: give a name, or nil for none")
        }
    }

    /// The properties of librdkafka that they come to; what `properties` has is the user's.
    func clientProperties(beside properties: [String: String]) -> [(name: String, value: String)] {
        var all = [
            // Offsets are committed by us, so that it is known when, and never one of a record that wasn't handled.
            ("enable.auto.commit", "false")
        ]
        if properties["partition.assignment.strategy"] == nil {
            all.append(
                ("partition.assignment.strategy", rebalancing == .eager ? "range,roundrobin" : "cooperative-sticky")
            )
        }
        if let instanceID { all.append(("group.instance.id", instanceID)) }
        return all
    }
}
