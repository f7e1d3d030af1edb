// SPDX-License-Identifier: Apache-2.0

/// Decides how soon a pool connects again after it could not.
///
/// After waits that double, at random, up to a second. Has no clock.
struct ConnectPace {
    typealias Instant = ContinuousClock.Instant

    private var backoff = Backoff(first: .milliseconds(50), limit: .seconds(1))
    private var lastFailure: Instant?

    /// Not before when to connect; `nil` for at once.
    private(set) var next: Instant?

    /// A try that began at a certain time has failed.
    ///
    /// Of several side by side the first counts.
    mutating func failed(begun: Instant, at now: Instant, share: Double = .random(in: 0...1)) {
        if let lastFailure, begun < lastFailure { return }
        lastFailure = now
        next = now + backoff.delay(share: share)
    }

    /// A try has worked.
    mutating func succeeded() {
        backoff.reset()
        (lastFailure, next) = (nil, nil)
    }
}
