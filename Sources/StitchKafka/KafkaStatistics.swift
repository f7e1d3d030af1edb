// SPDX-License-Identifier: Apache-2.0

/// What a client has counted and measured, as librdkafka gathers it.
public struct KafkaStatistics: Sendable, Hashable {
    /// Nothing yet.
    public init() {}
}
