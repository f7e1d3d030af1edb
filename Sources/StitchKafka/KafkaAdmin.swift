// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Looks after topics and consumer groups.
///
/// Holds nothing between calls: each connects, asks and disconnects. May be shared. A cancelled call still ends when the
/// brokers have answered or ``requestTimeout`` is over.
///
/// ```swift
/// let admin = try KafkaAdmin(configuration)
/// try await admin.createTopic("orders", partitions: 12)
/// for lag in try await admin.lag(of: "billing") { print(lag.topic, lag.partition, lag.lag ?? 0) }
/// ```
public struct KafkaAdmin: Sendable {
    private let configuration: KafkaConfiguration

    /// How long the brokers may take to answer, connecting included.
    public var requestTimeout = Duration.seconds(10)

    /// An admin of the configuration's brokers.
    ///
    /// - Throws: ``KafkaError`` when a setting is wrong.
    public init(_ configuration: KafkaConfiguration) throws(KafkaError) {
        _ = try NativeConfiguration(ClientProperties(configuration, for: .administration))
        self.configuration = configuration
    }

    /// Asks on a thread of its own, because librdkafka's answers are waited for by blocking; again while a coordinator is
    /// only just taking over, within the same time.
    func perform<Value: Sendable>(
        inGroup group: String? = nil,
        _ ask: @escaping @Sendable (AdminClient) throws(KafkaError) -> Value
    ) async throws(KafkaError) -> Value {
        let result = OneTime<Result<Value, KafkaError>>()
        let deadline = ContinuousClock.now + requestTimeout
        ClientThread.start("kafka-admin") { [configuration] in
            result.set(
                Result { () throws(KafkaError) in
                    let client = try AdminClient(configuration, group: group, until: deadline)
                    defer { client.destroy() }
                    while true {
                        do throws(KafkaError) {
                            return try ask(client)
                        } catch {
                            guard Self.isPassing(error), ContinuousClock.now < deadline else { throw error }
                        }
                        Thread.sleep(forTimeInterval: 0.1)
                    }
                }
            )
        }
        return try await result.value.get()
    }

    private static func isPassing(_ error: KafkaError) -> Bool {
        ["COORDINATOR_LOAD_IN_PROGRESS", "COORDINATOR_NOT_AVAILABLE", "NOT_COORDINATOR"].contains(error.errorType)
    }
}
