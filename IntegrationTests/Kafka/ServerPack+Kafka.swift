// SPDX-License-Identifier: Apache-2.0

import Foundation
import StitchKafka

extension ServerPack {
    /// How to reach the brokers, with short waits.
    func kafkaConfiguration() throws -> KafkaConfiguration {
        let quotes = CharacterSet(charactersIn: "'\"")
        let brokers = try setting("KAFKA_BOOTSTRAP_SERVERS").trimmingCharacters(in: quotes)
        var configuration = KafkaConfiguration(brokers: brokers.split(separator: ",").map(String.init))
        configuration.linger = .zero
        configuration.commitInterval = .milliseconds(100)
        configuration.properties = ["heartbeat.interval.ms": "500", "session.timeout.ms": "6000"]
        return configuration
    }
}
