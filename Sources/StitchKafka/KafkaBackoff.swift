// SPDX-License-Identifier: Apache-2.0

import StitchService

/// How long to wait before something is tried again: longer each time, up to a limit, and not to the moment.
///
/// Nothing is checked here: the `init` of what takes it does, and throws.
public struct KafkaBackoff: Sendable, Hashable {
    /// How long to wait before the second try, 0 or more.
    public var first: Duration

    /// How many times as long to wait before each further try, from 1.
    public var factor: Double

    /// How long to wait at most, `first` or more.
    public var maximum: Duration

    /// By what share at most a wait is made shorter, at random, so that what failed together isn't tried again together;
    /// from 0 to 1.
    public var jitter: Double

    /// 100 ms, twice as long each time up to 10 s, up to a fifth shorter.
    public init(
        first: Duration = .milliseconds(100),
        factor: Double = 2,
        maximum: Duration = .seconds(10),
        jitter: Double = 0.2
    ) {
        self.first = first
        self.factor = factor
        self.maximum = maximum
        self.jitter = jitter
    }

    /// Always the same, to the moment.
    public static func constant(_ delay: Duration) -> Self {
        Self(first: delay, factor: 1, maximum: delay, jitter: 0)
    }

    /// No wait.
    public static let none = Self.constant(.zero)

    /// How long to wait after so many tries, from 1.
    ///
    /// - Parameters:
    ///   - tries: How many tries have failed.
    ///   - random: From 0 to 1, at random.
    /// - Returns: The wait.
    func delay(after tries: Int, random: Double) -> Duration {
        let length = GrowingDelay(first: first, factor: factor, maximum: maximum).seconds(after: tries)
        return .seconds(length * (1 - jitter * min(max(random, 0), 1)))
    }

    /// Refuses what can't be.
    func check() throws(KafkaError) {
        // Longer ones than ten years are somebody's slip, and don't fit a clock.
        let limit = Duration.seconds(315_360_000)
        if first < .zero || first > limit {
            throw KafkaError(.configuration, "The option 'backoff.first' is \(first): it has to be from 0 to ten years")
        }
        if !(factor >= 1 && factor.isFinite) {
            throw KafkaError(.configuration, "The option 'backoff.factor' is \(factor): it has to be 1 or more")
        }
        if maximum < first || maximum > limit {
            throw KafkaError(
                .configuration,
                "The option 'backoff.maximum' is \(maximum): it has to be from 'backoff.first', \(first), to ten years"
            )
        }
        if !(jitter >= 0 && jitter <= 1) {
            throw KafkaError(.configuration, "The option 'backoff.jitter' is \(jitter): it has to be from 0 to 1")
        }
    }
}
