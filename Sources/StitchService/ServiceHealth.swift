// SPDX-License-Identifier: Apache-2.0

/// How a service is doing: when it last got on, how much is waiting for it, and what holds it up.
public struct ServiceHealth: Sendable, Hashable {
    /// When the service last finished a piece of work; `nil` before the first.
    public var lastProgress: ContinuousClock.Instant?

    /// How many pieces of work are known to wait for it; `nil` when it can't tell.
    public var lag: Int?

    /// What holds the service up, in one sentence; `nil` when nothing does.
    public var blocker: String?

    /// Whether nothing holds the service up.
    public var isHealthy: Bool { blocker == nil }

    /// Describes a service's state.
    ///
    /// - Parameters:
    ///   - lastProgress: When the service last finished a piece of work.
    ///   - lag: How many pieces of work are known to wait, 0 or more.
    ///   - blocker: What holds the service up, in one sentence.
    public init(lastProgress: ContinuousClock.Instant? = nil, lag: Int? = nil, blocker: String? = nil) {
        self.lastProgress = lastProgress
        self.lag = lag
        self.blocker = blocker
    }
}
