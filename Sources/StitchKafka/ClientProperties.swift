// SPDX-License-Identifier: Apache-2.0

/// The settings of one client as librdkafka knows them, checked as far as that needs no librdkafka.
struct ClientProperties {
    /// What kind of client they are for.
    enum Role: Equatable {
        case producer
        case consumer(group: String)
    }

    /// Names and values, in the order in which they are to be set.
    private(set) var values: [(name: String, value: String)] = []

    /// Translates a configuration.
    ///
    /// - Throws: `KafkaError` that names the option, its value and what would be right.
    init(_ configuration: KafkaConfiguration, for role: Role) throws(KafkaError) {
        try Self.check(brokers: configuration.brokers)
        try Self.check(configuration.drain, "drain", .zero ... .seconds(86_400))
        set("bootstrap.servers", configuration.brokers.joined(separator: ","))
        set("client.id", try Self.nonEmpty(configuration.clientID, "clientID"))
        // Idle connections are closed by brokers as a matter of course; that is nothing to warn of.
        set("log.connection.close", "false")
        switch role {
        case .producer:
            try set("linger.ms", configuration.linger, "linger", .zero ... .seconds(900))
            if configuration.linger >= configuration.deliveryTimeout {
                throw KafkaError(
                    .configuration,
                    "The option 'linger' is \(configuration.linger): it has to be less than 'deliveryTimeout', which is "
                        + "\(configuration.deliveryTimeout)"
                )
            }
            try set("delivery.timeout.ms", configuration.deliveryTimeout, "deliveryTimeout", Self.longDurations)
            set("enable.idempotence", String(configuration.isIdempotent))
        case .consumer(let group):
            set("group.id", try Self.nonEmpty(group, "group"))
            set("auto.offset.reset", configuration.autoOffsetReset.rawValue)
            try set("auto.commit.interval.ms", configuration.commitInterval, "commitInterval", Self.longDurations)
            // What is committed is what was stored, and it is stored when the handler is done: at least once.
            set("enable.auto.commit", "true")
            set("enable.auto.offset.store", "false")
            // A topic that is made after the consumer was started is found within this time rather than in five minutes.
            set("topic.metadata.refresh.interval.ms", "10000")
        }
        for (name, value) in configuration.properties.sorted(by: { $0.key < $1.key }) {
            if let reason = Self.reserved[name] {
                throw KafkaError(
                    .configuration,
                    "The property '\(name)' = '\(SecretProperty.shown(value, of: name))' can't be set by name: \(reason)"
                )
            }
            set(name, value)
        }
    }

    private static let longDurations = Duration.milliseconds(1)...Duration.milliseconds(Int32.max)

    private mutating func set(_ name: String, _ value: String) { values.append((name, value)) }

    private mutating func set(
        _ name: String,
        _ duration: Duration,
        _ option: String,
        _ range: ClosedRange<Duration>
    ) throws(KafkaError) {
        try Self.check(duration, option, range)
        set(name, String(duration.wholeMilliseconds))
    }

    private static func check(
        _ duration: Duration,
        _ option: String,
        _ range: ClosedRange<Duration>
    ) throws(KafkaError) {
        guard !range.contains(duration) else { return }
        throw KafkaError(
            .configuration,
            "The option '\(option)' is \(duration): it has to be between \(range.lowerBound) and \(range.upperBound)"
        )
    }

    private static func check(brokers: [String]) throws(KafkaError) {
        if brokers.isEmpty {
            throw KafkaError(
                .configuration,
                "The option 'brokers' is empty: give at least one host:port, or set KAFKA_BOOTSTRAP_SERVERS"
            )
        }
        for broker in brokers where !isAddress(broker) {
            throw KafkaError(
                .configuration,
                "The option 'brokers' has '\(broker)': it has to be host:port with a port from 1 to 65535"
            )
        }
    }

    /// Whether it is `host`, `host:port` or `[address]:port`, perhaps after `protocol://`.
    private static func isAddress(_ broker: String) -> Bool {
        guard !broker.isEmpty, !broker.contains(where: { $0.isWhitespace || $0 == "," || $0 == "\0" }) else {
            return false
        }
        let address = broker.split(separator: "://", maxSplits: 1).last.map(String.init) ?? broker
        guard let colon = address.lastIndex(of: ":"), !address.hasSuffix("]") else { return true }
        guard let port = Int(address[address.index(after: colon)...]) else { return false }
        return colon > address.startIndex && (1...65_535).contains(port)
    }

    private static func nonEmpty(_ value: String, _ option: String) throws(KafkaError) -> String {
        guard value.isEmpty || value.utf8.contains(0) else { return value }
        throw KafkaError(.configuration, "The option '\(option)' is empty or has a NUL in it: give a name")
    }

    /// What has an option of its own, or would break what a client promises.
    private static let reserved = [
        "bootstrap.servers": "set 'brokers'",
        "metadata.broker.list": "set 'brokers'",
        "client.id": "set 'clientID'",
        "group.id": "it is the argument 'group' of the consumer",
        "linger.ms": "set 'linger'",
        "queue.buffering.max.ms": "set 'linger'",
        "delivery.timeout.ms": "set 'deliveryTimeout'",
        "message.timeout.ms": "set 'deliveryTimeout'",
        "enable.idempotence": "set 'isIdempotent'",
        "auto.offset.reset": "set 'autoOffsetReset'",
        "auto.commit.interval.ms": "set 'commitInterval'",
        "enable.auto.commit": "the consumer commits what its handler has finished",
        "auto.commit.enable": "the consumer commits what its handler has finished",
        "enable.auto.offset.store": "an offset is stored when the handler has finished",
        "delivery.report.only.error": "every sender gets its answer",
    ]
}

extension Duration {
    /// Milliseconds, rounded up so that something stays something.
    var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
    }
}
