// SPDX-License-Identifier: Apache-2.0

/// What a traced consumer puts round what a consumer does.
package protocol ConsumerObserver: Sendable {
    /// What stands round the work on a record; `nil` where that is done elsewhere.
    var processor: (any KafkaRecordProcessor)? { get }

    /// What the observer keeps for each topic; its records have it at hand.
    func companion(of topic: String) -> (any AnyObject & Sendable)?

    /// Now, in nanoseconds since 1970.
    func now() -> UInt64

    /// Records were handed to who asked for them.
    ///
    /// - Parameters:
    ///   - records: At least one, all of one partition.
    ///   - start: When the caller began to ask, as `now` had it.
    ///   - end: When the first of them was handed over, as `now` had it.
    func polled(_ records: [KafkaConsumedRecord], since start: UInt64, until end: UInt64)

    /// Stands round a commit.
    ///
    /// Called on a thread that may block.
    ///
    /// - Parameters:
    ///   - topics: The topics, each once.
    ///   - body: Commits; returns what went wrong.
    /// - Returns: What `body` returns.
    func commit(_ topics: [String], _ body: () -> KafkaError?) -> KafkaError?

    /// A sequence of records has ended.
    func ended()
}
