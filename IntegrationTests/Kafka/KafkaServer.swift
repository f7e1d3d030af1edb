// SPDX-License-Identifier: Apache-2.0

import Foundation
import StitchKafka

/// The real broker that `KAFKA_BOOTSTRAP_SERVERS` names.
enum KafkaServer {
    struct Missing: Error, CustomStringConvertible {
        let description = "KAFKA_BOOTSTRAP_SERVERS is not set: run these tests with `make test`, which starts a broker"
    }

    static func configuration() throws -> KafkaConfiguration {
        var configuration = KafkaConfiguration(environment: ProcessInfo.processInfo.environment)
        guard !configuration.brokers.isEmpty else { throw Missing() }
        configuration.properties = ["heartbeat.interval.ms": "500", "session.timeout.ms": "6000"]
        // The broker that runs on a fresh machine knows no cooperative rebalancing.
        if !ServerPack.isThere { configuration.assignmentStrategy = .range }
        return configuration
    }

    /// Milliseconds since 1970.
    ///
    /// Not far in the past: a broker deletes old records.
    static var now: Int64 { Int64(Date.now.timeIntervalSince1970 * 1000) }

    /// A name for a topic or a group that nobody has had before.
    static func name(_ prefix: String) -> String { "\(prefix)-\(UUID().uuidString.lowercased())" }
}
