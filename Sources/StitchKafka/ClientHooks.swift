// SPDX-License-Identifier: Apache-2.0

import CStitchRdkafka
import Foundation
import StitchService
import Synchronization

/// What Stitch keeps of a client of librdkafka beside its owner, found by the client's address: the pointer that librdkafka
/// keeps for callbacks is the owner's.
final class ClientHooks: Sendable {
    private let statistics: [KafkaStatisticsHandler]
    let tokens: TokenRefresher?
    private let secrets: LogSecrets
    private let lastTrouble = Mutex<BrokerTrouble?>(nil)

    /// What was last wrong with a broker.
    ///
    /// Newer ones tell of connections in their log alone.
    var trouble: BrokerTrouble? { lastTrouble.withLock { $0 } }

    private static let hooks = Mutex<[UInt: ClientHooks]>([:])

    init(statistics: [KafkaStatisticsHandler], tokens: TokenRefresher?, secrets: LogSecrets) {
        self.statistics = statistics
        self.tokens = tokens
        self.secrets = secrets
    }

    static func add(_ hooks: ClientHooks, for client: OpaquePointer) {
        let address = UInt(bitPattern: client)
        Self.hooks.withLock { $0[address] = hooks }
    }

    static func of(_ client: OpaquePointer) -> ClientHooks? {
        let address = UInt(bitPattern: client)
        return hooks.withLock { $0[address] }
    }

    /// Called when the client is still there and soon isn't.
    ///
    /// - Returns: What was kept: the secrets in it are left out of the log for as long as it lives.
    static func remove(_ client: OpaquePointer) -> ClientHooks? {
        let address = UInt(bitPattern: client)
        let removed = hooks.withLock { $0.removeValue(forKey: address) }
        removed?.tokens?.end()
        return removed
    }

    /// Notes what is wrong with a broker; nothing for `nil`.
    static func note(_ trouble: @autoclosure () -> BrokerTrouble?, of client: OpaquePointer) {
        guard let hooks = of(client), let trouble = trouble() else { return }
        hooks.lastTrouble.withLock { $0 = trouble }
    }

    /// Hands on what librdkafka has counted; the text isn't kept.
    static func tellStatistics(of client: OpaquePointer, _ json: UnsafeRawBufferPointer) {
        guard let hooks = of(client), !hooks.statistics.isEmpty else { return }
        guard let statistics = KafkaStatistics(json: json) else {
            return Diagnostics.log(.warning, "The statistics of a Kafka client can't be read: they are left out")
        }
        for handler in hooks.statistics { handler.handle(statistics) }
    }

    /// The same for a client whose events are polled; the event stays the caller's.
    static func tellStatistics(of client: OpaquePointer, _ event: OpaquePointer) {
        // The text belongs to the event.
        guard let json = rd_kafka_event_stats(event) else { return }
        tellStatistics(of: client, UnsafeRawBufferPointer(start: json, count: strlen(json)))
    }
}

/// Destroys a client and what is kept of it.
///
/// Blocks until librdkafka's threads have ended.
func destroyClient(_ client: OpaquePointer) {
    // Its threads go on logging until they have ended.
    withExtendedLifetime(ClientHooks.remove(client)) { rd_kafka_destroy(client) }
}
