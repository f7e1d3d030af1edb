// SPDX-License-Identifier: Apache-2.0

/// Decides whether and when a request is sent again, as OTLP's specification says (OTLP/HTTP, "Failures" and
/// "All Other Responses"): after 429, 502, 503 and 504 and after a lost connection, never after anything else, and only
/// as long as the whole fits into the deadline.
///
/// What a server asked for in an answer to an earlier request counts too.
///
/// Pure: the time and the jitter are told to it.
struct RetryState {
    /// What came of one attempt.
    enum Event: Hashable {
        /// A whole answer.
        case answered(status: Int, retryAfter: RetryAfter? = nil)
        /// There was nobody to connect to.
        case unconnected(String)
        /// A connection was lost before the answer was whole.
        case disconnected(String)
        /// Another attempt could not end otherwise: an untrusted certificate, an answer that is no HTTP.
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
        /// The server has asked not to be sent anything for longer than there is time, with an earlier request.
        case postponed
        /// There is nobody, and no time to wait until there is.
        case absent(String)
        case interrupted
    }

    /// How long the whole may take, waits included.
    private(set) var timeout: Duration

    /// Whether the process is about to end, so that what waits is tried, but nobody is waited for who isn't there.
    private(set) var isFinishing = false

    /// The longest wait before the second attempt; it doubles with each further one.
    var firstBackoff = Duration.seconds(1)

    /// Before when the server wishes to get nothing, neither this request nor the next one, as long after the beginning.
    private(set) var notBefore: Duration

    /// For how long a wish holds for requests that come after the one that it was the answer to: a clock that is wrong, or
    /// a slip of a digit, must not silence a process for good.
    static let longestPause = Duration.seconds(15 * 60)

    /// The longest wait that isn't the server's wish.
    var longestBackoff = Duration.seconds(5)

    /// How many attempts have ended.
    private(set) var attempts = 0

    /// What the last one met, and until when it then is waited.
    private var last: (event: Event, retryAt: Duration)?

    /// A request that is about to be sent.
    ///
    /// - Parameters:
    ///   - timeout: How long the whole may take, waits included.
    ///   - notBefore: Before when the server wished to get nothing, as long after the beginning.
    init(timeout: Duration, notBefore: Duration = .zero) {
        self.timeout = timeout
        self.notBefore = notBefore
    }

    /// What to do before the first attempt.
    ///
    /// Where the server's wish is beyond the deadline it is waited all the same: the batches that come after this one
    /// would be lost as well, and at once.
    func begin(at elapsed: Duration) -> Action {
        if isFinishing, notBefore >= timeout, notBefore > elapsed { return .giveUp(.postponed) }
        return .wait(max(.zero, min(notBefore, timeout) - elapsed))
    }

    /// How long the next attempt may take.
    func remaining(at elapsed: Duration) -> Duration { max(.zero, timeout - elapsed) }

    /// Ends by a time that is no later than before; the process is about to end.
    ///
    /// - Parameter deadline: When, as long after the beginning.
    mutating func finish(by deadline: Duration) {
        timeout = min(timeout, deadline)
        isFinishing = true
    }

    /// Why no attempt can be begun any more; `nil` if one can.
    func obstacle(at elapsed: Duration) -> Reason? {
        if remaining(at: elapsed) > .zero { return nil }
        return attempts == 0 && notBefore > elapsed ? .postponed : .deadline(last: last?.event ?? .timedOut)
    }

    /// What to do in the middle of a wait, when it turns out that the process is about to end.
    ///
    /// A server that asked for time still gets it; where there was no connection another attempt is due at once, the last.
    func hurry(at elapsed: Duration) -> Action {
        if attempts == 0 { return begin(at: elapsed) }
        guard let last, case .answered = last.event else { return .wait(.zero) }
        return last.retryAt < timeout ? .wait(max(.zero, last.retryAt - elapsed)) : .giveUp(.deadline(last: last.event))
    }

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
            if let wish = retryAfter?.delay(now: now) { notBefore = elapsed + min(wish, Self.longestPause) }
            // Never earlier than the server wishes, and never so soon that a wish of zero becomes a flood.
            return wait(max(backoff(jitter), retryAfter?.delay(now: now) ?? .zero), after: event, at: elapsed)
        case .unconnected(let why) where isFinishing: return .giveUp(.absent(why))
        case .unconnected, .disconnected: return wait(backoff(jitter), after: event, at: elapsed)
        case .failed(let why): return .giveUp(.failed(why))
        case .timedOut: return .giveUp(.deadline(last: event))
        case .interrupted: return .giveUp(.interrupted)
        }
    }

    private mutating func wait(_ duration: Duration, after event: Event, at elapsed: Duration) -> Action {
        last = (event, elapsed + duration)
        return elapsed + duration < timeout ? .wait(duration) : .giveUp(.deadline(last: event))
    }

    /// Between half of the step and all of it.
    private func backoff(_ jitter: Double) -> Duration {
        var step = firstBackoff
        for _ in 1..<max(attempts, 1) where step < longestBackoff { step *= 2 }
        return min(step, longestBackoff) * (0.5 + 0.5 * min(max(jitter, 0), 1))
    }
}
