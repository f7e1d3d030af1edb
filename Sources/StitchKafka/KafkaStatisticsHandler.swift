// SPDX-License-Identifier: Apache-2.0

/// What gets a client's statistics.
public final class KafkaStatisticsHandler: Sendable {
    package let handle: @Sendable (KafkaStatistics) -> Void

    /// Calls `handle` on a thread of the client's; it must return quickly.
    public init(_ handle: @escaping @Sendable (KafkaStatistics) -> Void) { self.handle = handle }
}

extension KafkaStatisticsHandler: Hashable {
    /// Whether both are the same handler.
    public static func == (a: KafkaStatisticsHandler, b: KafkaStatisticsHandler) -> Bool { a === b }

    /// By identity.
    public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}
