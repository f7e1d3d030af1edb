// SPDX-License-Identifier: Apache-2.0

/// What is to become of a job after an attempt, from how the attempt ended; decides, and does nothing.
struct AttemptVerdict: Sendable, Equatable {
    enum State: String, Sendable { case ready, succeeded, cancelled, discarded, dead }

    /// The job's state from now on.
    var state: State
    /// How the attempt ended.
    var outcome: AttemptOutcome
    /// Whether it counts as an attempt.
    var counts: Bool
    /// When a job that is ready is due; `nil` for at once.
    var delay: Duration?
    /// Why, for people.
    var reason: String?
    /// The reason of the `settle` span; `nil` where success says it all.
    var settlement: String?
    /// Whether the attempt's span is to be marked as failed.
    var isError = false

    /// Whether the worker gives the job back because it stops.
    var givesBack: Bool { state == .ready && (outcome == .returned || outcome == .unstarted) }

    static let succeeded = AttemptVerdict(state: .succeeded, outcome: .succeeded, counts: true)

    /// No handler knows the kind: for other workers, who may.
    static let left = AttemptVerdict(state: .ready, outcome: .left, counts: false)

    /// The worker stops before the attempt began.
    static let unstarted = AttemptVerdict(state: .ready, outcome: .unstarted, counts: false)

    /// Somebody wanted it stopped before it began; the database knows why.
    static let cancelledUnstarted = AttemptVerdict(state: .cancelled, outcome: .unstarted, counts: false)

    /// Judges an attempt that threw.
    ///
    /// - Parameters:
    ///   - error: What it threw.
    ///   - attempt: Which attempt.
    ///   - wasStopped: Whether the worker had told it to stop.
    ///   - isCancelled: Whether that was because somebody wants the job stopped.
    ///   - policy: How long failures wait.
    ///   - chance: From 0 to 1.
    init(
        of error: any Error,
        attempt: JobAttempt,
        wasStopped: Bool,
        isCancelled: Bool = false,
        policy: RetryPolicy,
        chance: Double
    ) {
        switch error {
        case JobControl.snooze(let delay):
            self.init(state: .ready, outcome: .snoozed, counts: false)
            self.delay = min(max(delay, .zero), NewJob.longestDelay)
            settlement = "snooze"
        case JobControl.cancel(let reason):
            self.init(state: .cancelled, outcome: .cancelled, counts: true, reason: reason, settlement: "cancel")
        case JobControl.discard(let reason):
            self.init(state: .discarded, outcome: .discarded, counts: true, reason: reason, settlement: "discard")
        case _ where isCancelled:
            // The database knows who said so, and why.
            self.init(state: .cancelled, outcome: .returned, counts: true)
            settlement = "cancel"
        case _ where wasStopped:
            self.init(state: .ready, outcome: .returned, counts: false)
            settlement = "shutdown"
        case _ where attempt.isLast:
            self.init(state: .dead, outcome: .failed, counts: true, reason: Self.text(of: error))
            settlement = "dead"
            isError = true
        default:
            self.init(state: .ready, outcome: .failed, counts: true, reason: Self.text(of: error))
            delay = policy.delay(afterAttempt: attempt.number, chance: chance)
            settlement = "retry"
            isError = true
        }
    }

    private init(state: State, outcome: AttemptOutcome, counts: Bool, reason: String? = nil, settlement: String? = nil)
    {
        self.state = state
        self.outcome = outcome
        self.counts = counts
        self.reason = reason.map { Self.storable($0) }
        self.settlement = settlement
    }

    private static func text(of error: any Error) -> String { String(describing: error) }

    /// At most 2,000 code points, none of them NUL, which Postgres can't store.
    ///
    /// Not characters: one of them may be a letter with a million accents.
    static func storable(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.prefix(2000).filter { $0 != "\0" }))
    }
}
