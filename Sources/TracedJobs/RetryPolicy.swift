// SPDX-License-Identifier: Apache-2.0

import StitchService

/// How long a failed job waits before its next attempt: longer each time, up to a limit, spread so that many that failed
/// together don't come back together.
public struct RetryPolicy: Sendable, Hashable {
    /// The wait after the first failure.
    public var initialDelay: Duration

    /// By what the wait grows with each failure, 1 or more.
    public var factor: Double

    /// The longest wait.
    public var maximumDelay: Duration

    /// The share of the wait that is left to chance, from 0 to 1: with 0.2, a wait of 10 s becomes 8 s to 12 s.
    public var jitter: Double

    /// One second, doubled each time up to an hour, a tenth of it left to chance.
    public init(
        initialDelay: Duration = .seconds(1),
        factor: Double = 2,
        maximumDelay: Duration = .seconds(3600),
        jitter: Double = 0.1
    ) {
        self.initialDelay = initialDelay
        self.factor = factor
        self.maximumDelay = maximumDelay
        self.jitter = jitter
    }

    /// The wait after a failure.
    ///
    /// - Parameters:
    ///   - attempt: Which attempt failed, from 1.
    ///   - chance: A number from 0 to 1, such as `Double.random(in: 0...1)`.
    /// - Returns: The wait, never longer than ``maximumDelay`` and its share of chance, nor than a thousand years.
    public func delay(afterAttempt attempt: Int, chance: Double) -> Duration {
        let delay = GrowingDelay(first: initialDelay, factor: factor, maximum: maximumDelay).seconds(after: attempt)
        let spread = delay * (1 + jitter * (2 * min(max(chance, 0), 1) - 1))
        return .seconds(min(spread, NewJob.longestDelay.inSeconds))
    }

    func validate() throws(JobError) {
        let grows = factor >= 1 && factor.isFinite
        guard initialDelay >= .zero, maximumDelay >= initialDelay, grows, (0...1).contains(jitter) else {
            throw JobError(
                .invalidConfiguration,
                "The retry policy \(self) can't be used: 0 <= initialDelay <= maximumDelay, factor from 1 and "
                    + "finite, jitter from 0 to 1"
            )
        }
    }
}

extension Duration {
    /// The duration in whole nanoseconds, at most those that 64 bits hold.
    var wholeNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflows) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, overflowsToo) = product.addingReportingOverflow(attoseconds / 1_000_000_000)
        return overflows || overflowsToo ? (seconds < 0 ? .min : .max) : sum
    }

    var inSeconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) / 1e18
    }
}
