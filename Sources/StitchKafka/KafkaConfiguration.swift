// SPDX-License-Identifier: Apache-2.0

public import Foundation

/// How to reach Kafka, and how to behave there.
///
/// The same value serves producers and consumers.
///
/// Nothing is checked here: the `init` of what takes it does, and throws.
public struct KafkaConfiguration: Sendable, Hashable {
    /// Where a group that has committed nothing begins.
    public enum OffsetReset: String, Sendable, Hashable, CaseIterable {
        /// With the oldest record that the topic still has.
        case earliest
        /// With the next record.
        case latest
        /// Nowhere: the consumer's `run()` throws.
        case error
    }

    /// Brokers to ask for the rest of the cluster, as `host:port`.
    public var brokers: [String]

    /// What the client calls itself towards the brokers.
    public var clientID: String

    /// How long a record may wait for others to travel with it, 0 to 900 seconds.
    public var linger: Duration = .milliseconds(5)

    /// How long a record may take from the local queue to the broker's acknowledgement, retries included.
    public var deliveryTimeout: Duration = .seconds(120)

    /// Whether the broker drops what a retry of ours sent twice, and keeps the order.
    ///
    /// With `false` both may happen.
    public var isIdempotent = true

    /// Where a group that has committed nothing begins.
    ///
    /// Unlike Kafka's own default this one misses no record.
    public var autoOffsetReset: OffsetReset = .earliest

    /// How often the offsets of records that were handled are committed.
    public var commitInterval: Duration = .seconds(5)

    /// How long a shutdown lets records be acknowledged and handlers finish, 0 or more.
    public var drain: Duration = .seconds(30)

    /// Any other property of librdkafka by its name, such as `security.protocol` or `sasl.password`.
    public var properties: [String: String] = [:]

    /// The brokers, and defaults for the rest.
    public init(brokers: [String], clientID: String = "stitch", properties: [String: String] = [:]) {
        self.brokers = brokers
        self.clientID = clientID
        self.properties = properties
    }

    /// Takes the brokers from `KAFKA_BOOTSTRAP_SERVERS` (a list with commas) and the client id from `KAFKA_CLIENT_ID`
    /// (`stitch` without it).
    ///
    /// Without brokers the `init` of what takes the configuration throws.
    public init(environment: [String: String] = ProcessInfo.processInfo.environment) {
        let brokers = environment["KAFKA_BOOTSTRAP_SERVERS"] ?? ""
        self.init(
            brokers: brokers.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) },
            clientID: environment["KAFKA_CLIENT_ID"] ?? "stitch"
        )
    }
}

extension KafkaConfiguration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The settings without secrets.
    public var description: String {
        let own = [
            "brokers: \(brokers.joined(separator: ","))", "clientID: \(clientID)", "linger: \(linger)",
            "deliveryTimeout: \(deliveryTimeout)", "isIdempotent: \(isIdempotent)",
            "autoOffsetReset: \(autoOffsetReset)",
            "commitInterval: \(commitInterval)", "drain: \(drain)",
        ]
        return "KafkaConfiguration(\((own + shownProperties.map { "\($0): \($1)" }).joined(separator: ", ")))"
    }

    /// The settings without secrets.
    public var debugDescription: String { description }

    /// The settings without secrets: what `dump` prints.
    public var customMirror: Mirror {
        Mirror(self, children: ["description": description])
    }

    private var shownProperties: [(String, String)] {
        properties.sorted { $0.key < $1.key }.map { ($0, SecretProperty.shown($1, of: $0)) }
    }
}
