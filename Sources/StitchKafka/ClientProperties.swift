// SPDX-License-Identifier: Apache-2.0

/// The settings of one client as librdkafka knows them, checked as far as that needs no librdkafka.
struct ClientProperties {
    /// What kind of client they are for.
    enum Role: Equatable {
        case producer
        case consumer(group: String)
        case administration
    }

    /// Names and values, in the order in which they are to be set.
    private(set) var values: [(name: String, value: String)] = []
    /// What gets the statistics.
    let statistics: [KafkaStatisticsHandler]
    /// Where tokens come from.
    let tokens: KafkaTokenSource?
    /// By canonical name: what was set, and by what.
    private var origins: [String: (origin: String, value: String)] = [:]

    /// Translates a configuration.
    ///
    /// - Throws: `KafkaError` that names the option, its value and what would be right.
    init(_ configuration: KafkaConfiguration, for role: Role) throws(KafkaError) {
        let handlers = [configuration.statisticsHandler, configuration.statisticsRecorder].compactMap(\.self)
        statistics = configuration.statisticsInterval == nil || role == .administration ? [] : handlers
        if case .oauthBearer(let source) = configuration.authentication { tokens = source } else { tokens = nil }
        try setConnection(configuration)
        try setSecurity(configuration)
        switch role {
        case .producer: try setProducer(configuration)
        case .consumer(let group): try setConsumer(configuration, group)
        case .administration: break
        }
        for (name, value) in configuration.properties.sorted(by: { $0.key < $1.key }) {
            if let reason = PropertyName.reserved[name] {
                throw KafkaError(
                    .configuration,
                    "The property '\(name)' = '\(SecretProperty.shown(value, of: name))' can't be set by name: \(reason)"
                )
            }
            try set(name, value, by: "the property '\(name)'")
        }
        // What is as good as set by nobody comes last, so that a property may say otherwise.
        switch role {
        case .consumer:
            // A topic that is made after the consumer was started is found within this time rather than in five minutes.
            setDefault("topic.metadata.refresh.interval.ms", "10000")
        case .producer where sendsAsIs:
            setDefault("message.copy.max.bytes", Self.copiedBytes)
        case .producer, .administration: break
        }
        try checkTogether(configuration, role)
    }

    /// What a property is set to, under whichever of its names.
    subscript(name: String) -> String? { origins[PropertyName.canonical(name)]?.value }

    /// Sets a property, once.
    ///
    /// - Throws: `KafkaError` when something else set it to another value.
    mutating func set(_ name: String, _ value: String, by origin: String) throws(KafkaError) {
        let canonical = PropertyName.canonical(name)
        let value = PropertyName.usual(value, of: canonical)
        if let other = origins[canonical] {
            guard other.value != value else { return }
            // Whoever removed the protocol would send in clear what he wanted encrypted.
            let advice = canonical == "security.protocol" ? "give both the one that is meant" : "remove one"
            throw KafkaError(
                .configuration,
                "\(origin.first?.uppercased() ?? "")\(origin.dropFirst()) is '\(SecretProperty.shown(value, of: name))', "
                    + "but \(other.origin) has set it to '\(SecretProperty.shown(other.value, of: name))': \(advice)"
            )
        }
        origins[canonical] = (origin, value)
        values.append((name, value))
    }

    /// Sets a property unless it is.
    mutating func setDefault(_ name: String, _ value: String) {
        guard origins[PropertyName.canonical(name)] == nil else { return }
        origins[PropertyName.canonical(name)] = ("Stitch", value)
        values.append((name, value))
    }
}

extension Duration {
    /// Milliseconds, rounded up so that something stays something.
    var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
    }
}
