// SPDX-License-Identifier: Apache-2.0

import Foundation

/// How single options become properties, each checked by itself.
extension ClientProperties {
    static let longDurations = Duration.milliseconds(1)...Duration.milliseconds(Int32.max)

    mutating func set(
        _ name: String,
        _ duration: Duration?,
        _ option: String,
        _ range: ClosedRange<Duration>
    ) throws(KafkaError) {
        guard let duration else { return }
        try Self.check(duration, option, range)
        try set(name, String(duration.wholeMilliseconds), by: "the option '\(option)'")
    }

    mutating func set(
        _ name: String,
        _ number: Int?,
        _ option: String,
        _ range: ClosedRange<Int>
    ) throws(KafkaError) {
        guard let number else { return }
        guard range.contains(number) else {
            throw KafkaError(
                .configuration,
                "The option '\(option)' is \(number): it has to be from \(range.lowerBound) to \(range.upperBound)"
            )
        }
        try set(name, String(number), by: "the option '\(option)'")
    }

    mutating func set<Choice: RawRepresentable<String>>(
        _ name: String,
        _ choice: Choice?,
        _ option: String
    ) throws(KafkaError) {
        guard let choice else { return }
        try set(name, choice.rawValue, by: "the option '\(option)'")
    }

    mutating func set(name: String, nonEmpty value: String?, _ option: String) throws(KafkaError) {
        guard let value else { return }
        guard !value.isEmpty, !value.utf8.contains(0) else {
            throw KafkaError(.configuration, "The option '\(option)' is empty or has a NUL in it: give a name")
        }
        try set(name, value, by: "the option '\(option)'")
    }

    static func check(_ duration: Duration, _ option: String, _ range: ClosedRange<Duration>) throws(KafkaError) {
        guard !range.contains(duration) else { return }
        throw KafkaError(
            .configuration,
            "The option '\(option)' is \(duration): it has to be between \(range.lowerBound) and \(range.upperBound)"
        )
    }

    static func check(brokers: [String]) throws(KafkaError) {
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
}
