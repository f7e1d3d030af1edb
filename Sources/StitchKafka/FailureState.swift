// SPDX-License-Identifier: Apache-2.0

/// Decides what becomes of a record, or a batch, each time that its handler throws.
///
/// Takes events, returns decisions; has no clock, no randomness and no I/O.
struct FailureState {
    enum Action: Equatable {
        /// Try it again where it is.
        case retry(after: Duration)
        /// Move it.
        case move(to: RetryTopics.Step, reason: Reason)
        /// Go on with the next.
        case skip
        /// Stop the consumer; what is wrong with the policy, if that is why.
        case stop(String?)
    }

    /// Why a record is moved: what its header says.
    enum Reason: String {
        /// To be tried again later.
        case retry
        /// There is no retry topic left.
        case exhausted
        /// The policy gave it up.
        case refused
    }

    private let policy: KafkaFailurePolicy
    private let topics: RetryTopics?
    let place: RetryTopics.Place

    /// How often the handler has thrown.
    private(set) var tries = 0

    /// - Parameters:
    ///   - policy: What is to be done.
    ///   - topics: The way of records that are moved; `nil` where none is.
    ///   - place: Where on it they are.
    init(_ policy: KafkaFailurePolicy, _ topics: RetryTopics?, at place: RetryTopics.Place) {
        self.policy = policy
        self.topics = topics
        self.place = place
    }

    /// The handler is about to be called.
    mutating func begin() { tries += 1 }

    /// The handler has thrown.
    ///
    /// - Parameters:
    ///   - decision: What the policy's `decide` says; `nil` for nothing.
    ///   - random: From 0 to 1, at random.
    /// - Returns: What is to be done.
    func failed(_ decision: KafkaFailureDecision?, random: Double) -> Action {
        switch decision {
        case .retry: .retry(after: policy.backoff.delay(after: tries, random: random))
        case .moveAside: move("move aside")
        case .dead:
            topics.map { .move(to: $0.deadStep(of: place), reason: .refused) }
                ?? .stop(Self.nowhere("move to the dead topic"))
        case .skip: .skip
        case .stop: .stop(nil)
        case nil:
            if tries < policy.tries {
                .retry(after: policy.backoff.delay(after: tries, random: random))
            } else {
                topics == nil ? .stop(nil) : move("move aside")
            }
        }
    }

    private func move(_ wish: String) -> Action {
        guard let topics else { return .stop(Self.nowhere(wish)) }
        let step = topics.step(after: place)
        return .move(to: step, reason: step.delay == nil ? .exhausted : .retry)
    }

    private static func nowhere(_ wish: String) -> String {
        "its failure policy decided to \(wish), and has nowhere to: make it one with 'moveAside'"
    }
}
