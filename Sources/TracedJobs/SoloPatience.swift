// SPDX-License-Identifier: Apache-2.0

/// How long a worker claims nothing, so that it is empty for a job that is to be claimed alone, and how long it has one
/// such job and nothing else.
///
/// Where what it holds takes longer it goes on with other jobs, for ever longer times between its tries: places that are
/// left empty for the sake of one job cost more than that job's delay. Has no clock.
struct SoloPatience: Sendable {
    private enum State: Sendable {
        case idle
        /// Claims nothing, and waits for the ends of what it holds.
        case standingAside(Duration)
        /// Goes on with others.
        case puttingOff(Duration)
        /// Has one that was claimed alone, and may yet take the process with it.
        case alone(Duration)
    }

    /// How long each of it takes at most.
    private let limit: Duration
    private var state = State.idle
    /// How often in a row it has stood aside in vain.
    private var failures = 0

    /// Puts off no longer than so many times the limit.
    private static let longestPause = 64

    init(limit: Duration) { self.limit = limit }

    /// Whether others are to be claimed although one waits that is to be alone.
    var isPuttingOff: Bool { if case .puttingOff = state { true } else { false } }

    /// Whether one runs that was claimed alone.
    var isAlone: Bool { if case .alone = state { true } else { false } }

    /// How long to wait at most with claims; `nil` if there is no reason to wait.
    var remaining: Duration? {
        switch state {
        case .standingAside(let passed), .alone(let passed): max(limit - passed, .zero)
        case .idle, .puttingOff: nil
        }
    }

    /// Time has passed.
    ///
    /// - Parameters:
    ///   - time: How much since it was told last.
    ///   - isHeldUp: Whether one waits that is to be alone, and the worker holds others.
    mutating func passed(_ time: Duration, isHeldUp: Bool) {
        switch state {
        case .idle where isHeldUp: state = .standingAside(.zero)
        case .idle: failures = 0
        case .standingAside where !isHeldUp: state = .idle
        case .standingAside(let passed) where passed + time < limit: state = .standingAside(passed + time)
        case .standingAside:
            failures += 1
            state = .puttingOff(limit * min(1 << min(failures, 16), Self.longestPause))
        case .puttingOff(let left): state = left > time ? .puttingOff(left - time) : .idle
        // A job that traps its process does so soon.
        case .alone(let passed): state = passed + time < limit ? .alone(passed + time) : .idle
        }
    }

    /// The worker was empty, and claimed one alone, or found none.
    mutating func triedAlone(found: Bool) {
        failures = 0
        state = found ? .alone(.zero) : .idle
    }

    /// The one that was claimed alone has ended.
    mutating func ended() { state = .idle }
}
