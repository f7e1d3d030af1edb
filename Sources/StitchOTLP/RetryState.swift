// SPDX-License-Identifier: Apache-2.0

/// Decides whether and when a request is sent again, as OTLP's specification says (OTLP/HTTP, "Failures" and
/// "All Other Responses"): after 429, 502, 503 and 504 and after a lost connection, never after anything else, and only
/// as long as the whole fits into the deadline.
///
/// Pure: the time and the jitter are told to it.
struct RetryState {
    /// What came of one attempt.
    enum Event: Hashable {
        /// A whole answer.
        case answered(status: Int, retryAfter: RetryAfter? = nil)
        /// There was no connection, or it was lost before the answer was whole.
        case disconnected(String)
        /// Another attempt could not end otherwise: an untrusted certificate, an answer that is no HTTP or too large.
        case failed(String)
        /// The deadline passed meanwhile.
        case timedOut
        /// The exporter is being shut down.
        case interrupted
    }

    enum Action: Hashable {
        /// The server took the request; a partial success is one too, and is not sent again.
        case done
        /// Wait so long, then send the request again.
        case wait(Duration)
        case giveUp(Reason)
    }

    enum Reason: Hashable {
        /// The server's answer forbids another attempt.
        case refused(status: Int)
        /// Another attempt would not help.
        case failed(String)
        /// No further attempt fits into the deadline; what the last one met.
        case deadline(last: Event)
        case interrupted
    }

    /// How long the whole may take, waits included.
    let timeout: Duration

    /// The longest wait before the second attempt; it doubles with each further one.
    var firstBackoff = Duration.seconds(1)

    /// The longest wait that isn't the server's wish.
    var longestBackoff = Duration.seconds(5)

    /// How many attempts have ended.
    private(set) var attempts = 0

    init(timeout: Duration) {
        self.timeout = timeout
    }

    /// How long the next attempt may take.
    func remaining(at elapsed: Duration) -> Duration { max(.zero, timeout - elapsed) }

    /// What to do after an attempt.
    ///
    /// - Parameters:
    ///   - event: What came of the attempt.
    ///   - elapsed: How long the whole has taken so far.
    ///   - now: Seconds since 1970-01-01 UTC, by which a date in `Retry-After` is understood.
    ///   - jitter: A random number from 0 to 1.
    /// - Returns: What to do.
    mutating func next(_ event: Event, at elapsed: Duration, now: Int64, jitter: Double) -> Action {
        attempts += 1
        switch event {
        case .answered(let status, let retryAfter):
            if (200...299).contains(status) { return .done }
            guard [429, 502, 503, 504].contains(status) else { return .giveUp(.refused(status: status)) }
            // Never earlier than the server wishes, and never so soon that a wish of zero becomes a flood.
            return wait(max(backoff(jitter), retryAfter?.delay(now: now) ?? .zero), after: event, at: elapsed)
        case .disconnected: return wait(backoff(jitter), after: event, at: elapsed)
        case .failed(let why): return .giveUp(.failed(why))
        case .timedOut: return .giveUp(.deadline(last: event))
        case .interrupted: return .giveUp(.interrupted)
        }
    }

    private func wait(_ duration: Duration, after event: Event, at elapsed: Duration) -> Action {
        elapsed + duration < timeout ? .wait(duration) : .giveUp(.deadline(last: event))
    }

    /// Between half of the step and all of it.
    private func backoff(_ jitter: Double) -> Duration {
        var step = firstBackoff
        for _ in 1..<max(attempts, 1) where step < longestBackoff { step *= 2 }
        return min(step, longestBackoff) * (0.5 + 0.5 * min(max(jitter, 0), 1))
    }
}
