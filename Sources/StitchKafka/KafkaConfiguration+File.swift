// SPDX-License-Identifier: Apache-2.0

import Foundation

extension KafkaConfiguration {
    /// Takes the settings from a properties file, as Java's clients have one.
    ///
    /// Names are librdkafka's or, where they differ, those of Java's clients. What has an option becomes that option, what
    /// hasn't becomes one of ``properties``. A login of `sasl.jaas.config` is taken over, a Java key store is not.
    ///
    /// ```
    /// bootstrap.servers=kafka-1:9093,kafka-2:9093
    /// security.protocol=SASL_SSL
    /// sasl.mechanism=PLAIN
    /// sasl.username=billing
    /// sasl.password=…
    /// ssl.ca.location=/etc/kafka/ca.pem
    /// ```
    ///
    /// - Parameter path: The file, in UTF-8.
    /// - Throws: ``KafkaError`` with ``KafkaError/Code-swift.struct/configuration`` that names file, line and property, and
    ///   says what would be right. What only librdkafka can judge is refused when a client is made.
    public init(contentsOf path: String) throws(KafkaError) {
        let text: String
        do {
            text = try String(contentsOfFile: path, encoding: .utf8)
        } catch {
            throw KafkaError(
                .configuration,
                "The properties file '\(path)' can't be read: it has to be there, to be readable, and to be UTF-8"
            )
        }
        try self.init(properties: PropertiesFile(text).entries, of: path)
    }

    init(properties entries: [PropertiesFile.Entry], of path: String) throws(KafkaError) {
        self.init(brokers: [])
        let file = Dictionary(entries.map { ($0.name, $0.value) }) { _, last in last }
        var seen: [String: (entry: PropertiesFile.Entry, value: String)] = [:]
        for entry in entries {
            let place = "\(path), line \(entry.line)"
            switch JavaProperty.meaning(of: entry.name, entry.value, in: file) {
            case .refused(let reason):
                throw KafkaError(.configuration, "\(place): the property '\(entry.name)' is refused: \(reason)")
            case .properties(let properties):
                for (name, value) in properties {
                    let canonical = PropertyName.canonical(name)
                    if let other = seen[canonical], other.value != value {
                        throw KafkaError(
                            .configuration,
                            "\(place): the property '\(entry.name)' contradicts '\(other.entry.name)' on line "
                                + "\(other.entry.line): remove one"
                        )
                    }
                    seen[canonical] = (entry, value)
                    try set(name, value, place)
                }
            }
        }
    }

    /// Sets the option that a property is, or the property.
    private mutating func set(_ name: String, _ value: String, _ place: String) throws(KafkaError) {
        func wrong(_ right: String) -> KafkaError {
            KafkaError(.configuration, "\(place): the property '\(name)' is '\(value)': it has to be \(right)")
        }
        func duration() throws(KafkaError) -> Duration {
            guard let number = Int64(value) else { throw wrong("a whole number of milliseconds") }
            return .milliseconds(number)
        }
        switch PropertyName.canonical(name) {
        case "bootstrap.servers": brokers = Self.brokers(in: value)
        case "client.id": clientID = value
        case "linger.ms": linger = try duration()
        case "delivery.timeout.ms": deliveryTimeout = try duration()
        case "auto.commit.interval.ms": commitInterval = try duration()
        case "transactional.id": transactionalID = value
        case "transaction.timeout.ms": transactionTimeout = try duration()
        case "statistics.interval.ms":
            let interval = try duration()
            statisticsInterval = interval == .zero ? nil : interval
        case "enable.idempotence":
            guard let flag = Bool(value.lowercased()) else { throw wrong("true or false") }
            isIdempotent = flag
        case "auto.offset.reset":
            switch value.lowercased() {
            case "earliest", "smallest", "beginning": autoOffsetReset = .earliest
            case "latest", "largest", "end": autoOffsetReset = .latest
            case "none", "error": autoOffsetReset = .error
            default: throw wrong("earliest, latest or none")
            }
        case let canonical:
            if let reason = PropertyName.reserved[canonical] {
                throw KafkaError(.configuration, "\(place): the property '\(name)' can't be set: \(reason)")
            }
            properties[name] = value
        }
    }
}
