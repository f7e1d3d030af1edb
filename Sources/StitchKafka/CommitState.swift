// SPDX-License-Identifier: Apache-2.0

/// Decides when the group is told how far its records were handled.
///
/// Takes events, returns decisions; has no clock and no I/O. Once the group has said that the consumer is no member of it, or
/// not of its present generation, each further commit would be refused the same way: commits rest until the consumer has
/// joined again, which shows by an assignment. One that only commits, and doesn't join, asks each time.
struct CommitState {
    /// What is to become of a commit that somebody wants.
    enum Decision {
        /// Ask the group; `end` wants to know what is in here.
        case ask(Attempt)
        /// The group has refused, and would again.
        case rest(KafkaError)
    }

    /// A commit that is under way.
    struct Attempt {
        fileprivate var assignments: Int
    }

    /// Whether the consumer joins its group; one of partitions is never assigned anything that would end a rest.
    private let joins: Bool

    /// How often the consumer was assigned something, if only nothing.
    private var assignments = 0
    private var refusal: KafkaError?
    private var isScheduled = false

    /// Whether a commit in the background was not made, and is to be made as soon as that goes.
    private(set) var isPutOff = false

    init(joins: Bool = true) { self.joins = joins }

    /// Whether nothing is committed until the consumer has joined again.
    var isResting: Bool { refusal != nil }

    /// It is time to commit in the background.
    ///
    /// - Returns: Whether that is to be done: not while an earlier one waits for its answer, so that they don't pile up.
    mutating func schedule() -> Bool {
        guard !isScheduled, refusal == nil else { return false }
        isScheduled = true
        isPutOff = false
        return true
    }

    /// A commit in the background has got its answer, or was not made.
    ///
    /// - Parameter isPutOff: Whether it was not made because the consumer joins its group anew.
    mutating func endScheduled(isPutOff: Bool = false) {
        isScheduled = false
        self.isPutOff = isPutOff
    }

    /// Somebody is about to commit.
    func begin() -> Decision { refusal.map { .rest($0) } ?? .ask(Attempt(assignments: assignments)) }

    /// The group must be told in any case, since partitions are given away.
    func beginLast() -> Attempt { Attempt(assignments: assignments) }

    /// The group has answered.
    mutating func end(_ attempt: Attempt, _ error: KafkaError?) {
        // An answer from before the last assignment says nothing of the member that the consumer is since.
        guard joins, let error, Self.ends(error), attempt.assignments == assignments else { return }
        refusal = error
    }

    /// The consumer has joined, and is assigned something, or nothing.
    mutating func assigned() {
        assignments += 1
        refusal = nil
    }

    /// Whether the group takes no commit of a consumer any more that it has answered so.
    ///
    /// Each of these makes librdkafka join anew, or end.
    private static func ends(_ error: KafkaError) -> Bool { gone.contains(error.errorType) }

    private static let gone: Set = [
        "UNKNOWN_MEMBER_ID", "ILLEGAL_GENERATION", "FENCED_INSTANCE_ID", "FENCED_MEMBER_EPOCH",
    ]
}
