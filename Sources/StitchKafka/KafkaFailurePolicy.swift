// SPDX-License-Identifier: Apache-2.0

/// What becomes of records whose handler throws.
///
/// A record is tried in place first, as often as ``tries`` says, with a wait before each further try. The records behind it
/// in its partition wait meanwhile, so nothing is reordered; other partitions go on, and the consumer stays in its group.
/// After the last try the consumer stops, or moves the record aside: to retry topics, and to a dead topic in the end.
///
/// **Moving aside gives up the order per key**: the records behind go on, also those with the same key. A record is in the
/// next topic for certain before it counts as handled in the one that it comes from, so none is lost; one may be there
/// twice. It keeps key, value and headers to the byte; what says where it has been are the headers `stitch-attempt`,
/// `stitch-previous`, `stitch-reason`, `stitch-error`, `stitch-due`, `stitch-source`, `stitch-target` and
/// `stitch-redriven`. The consumer reads its retry topics too, and handles a record there when it is due.
///
/// Of a handler of batches all records are tried again, moved or skipped together, unless it throws
/// ``KafkaBatchFailure``, which names those that are.
///
/// ```swift
/// let policy = KafkaFailurePolicy.moveAside(retry: [.seconds(30), .seconds(300)], tries: 3) { error, attempt in
///     switch error {
///     case is DatabaseIsDown: .retry
///     case let error as KafkaError where error.code == .decoding: .dead
///     default: nil
///     }
/// }
/// ```
public struct KafkaFailurePolicy: Sendable {
    /// Decides about one failure; `nil` leaves it to the policy.
    ///
    /// Gets what the handler threw, of a ``KafkaBatchFailure`` the cause, and which try it was.
    public typealias Decide = @Sendable (_ error: any Error, _ attempt: KafkaAttempt) -> KafkaFailureDecision?

    /// What is done when no try is left.
    public enum Outcome: Sendable, Hashable {
        /// The consumer stops, and its `run()` throws: nothing is skipped, and nothing reordered.
        case stop
        /// The record is moved.
        case moveAside(KafkaMoveAside)
    }

    /// How often a record is tried where it is, 1 to 1,000.
    public var tries: Int

    /// How long to wait between two tries.
    public var backoff: KafkaBackoff

    /// What is done when no try is left.
    public var outcome: Outcome

    /// Decides about single failures.
    public var decide: Decide?

    /// A policy of these parts.
    public init(tries: Int = 1, backoff: KafkaBackoff = KafkaBackoff(), outcome: Outcome, decide: Decide? = nil) {
        self.tries = tries
        self.backoff = backoff
        self.outcome = outcome
        self.decide = decide
    }

    /// One try; then the consumer stops.
    public static let stop = Self(outcome: .stop)

    /// Several tries in place; then the consumer stops.
    ///
    /// - Parameters:
    ///   - tries: How often a record is tried, 1 to 1,000.
    ///   - backoff: How long to wait between two tries.
    ///   - decide: Decides about single failures.
    /// - Returns: The policy.
    public static func stop(tries: Int, backoff: KafkaBackoff = KafkaBackoff(), decide: Decide? = nil) -> Self {
        Self(tries: tries, backoff: backoff, outcome: .stop, decide: decide)
    }

    /// Tries in place; then the record is moved to a retry topic for each delay, and to a dead topic in the end.
    ///
    /// - Parameters:
    ///   - delays: How long a record waits in each retry topic: each delay once, 1 ms to 30 days; none for the dead topic
    ///     at once.
    ///   - dead: The dead topic; `{topic}.dead` unless given.
    ///   - scope: What stands between a topic's name and those of its retry topics; `nil` for nothing.
    ///   - createTopics: Whether topics that aren't there are created. They are looked for at the start either way.
    ///   - tries: How often a record is tried in each topic, 1 to 1,000.
    ///   - backoff: How long to wait between two tries in place.
    ///   - decide: Decides about single failures.
    /// - Returns: The policy.
    public static func moveAside(
        retry delays: [Duration],
        dead: String? = nil,
        scope: String? = nil,
        createTopics: Bool = false,
        tries: Int = 1,
        backoff: KafkaBackoff = KafkaBackoff(),
        decide: Decide? = nil
    ) -> Self {
        let move = KafkaMoveAside(retry: delays, dead: dead, scope: scope, createTopics: createTopics)
        return Self(tries: tries, backoff: backoff, outcome: .moveAside(move), decide: decide)
    }

    /// Whether it does anything but stop at once.
    var isActive: Bool { tries > 1 || decide != nil || outcome != .stop }

    /// The topics that a consumer reads beside its own, because it moves records there.
    package func retryTopics(of source: ConsumerSource) -> [String] {
        guard case .moveAside(let move) = outcome else { return [] }
        return source.topics.flatMap { topic in move.retry.map { move.retryTopic(of: topic, after: $0) } }
    }

    /// Refuses what can't be.
    func check() throws(KafkaError) {
        if !(1...1000).contains(tries) {
            throw KafkaError(.configuration, "The option 'onFailure.tries' is \(tries): it has to be from 1 to 1000")
        }
        try backoff.check()
    }
}
