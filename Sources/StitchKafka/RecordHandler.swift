// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// What a consumer does with records.
package struct RecordHandler: Sendable {
    /// Works on one record, where its caller runs: nothing has to be switched for each.
    package typealias Handle = nonisolated(nonsending) @Sendable (KafkaConsumedRecord) async throws -> Void

    /// The same, told which try it is.
    package typealias HandleTry =
        nonisolated(nonsending) @Sendable (KafkaConsumedRecord, RecordAttempt) async throws -> Void

    /// Who gets the records.
    package enum Form: Sendable {
        /// A closure, one after the other.
        case each(Handle)

        /// A closure that is told which try it is, one after the other.
        case eachTry(HandleTry)

        /// A closure at a place in the task, as long as there is no policy; the same with all round it for other tries and
        /// for records that the place doesn't take.
        case eachAt(@Sendable () -> any RecordPlace, Handle, HandleTry)

        /// A closure, up to so many of one partition at once.
        case batches(of: Int, @Sendable ([KafkaConsumedRecord], RecordAttempt) async throws -> Void)

        /// Whoever asks for the next.
        case sequence
    }

    package var form: Form

    /// Who decides what becomes of records whose handler throws; `nil`: the consumer stops there.
    package var policy: (any RecordPolicy)?

    package init(_ form: Form, policy: (any RecordPolicy)? = nil) {
        self.form = form
        self.policy = policy
    }

    var isSequence: Bool {
        if case .sequence = form { true } else { false }
    }

    /// How many records are taken from librdkafka's queue at once, and so held here, at most.
    ///
    /// The rest stays there, and when that queue is full librdkafka stops fetching: a slow handler holds the broker up,
    /// not the memory.
    func taken(_ prefetch: Int) -> Int {
        if case .batches(let size, _) = form { size } else { prefetch }
    }
}

/// A place in a task where one record after the other is worked on, for the first time.
///
/// Belongs to one task, which calls it where no other function of its own waits: what a place binds in the task must end in
/// the order in which the frames of such functions do.
package protocol RecordPlace: AnyObject {
    /// The work on a record begins; `false`, with nothing done, for one that the place doesn't take.
    func begin(_ record: KafkaConsumedRecord) -> Bool

    /// The work has ended.
    func end()

    /// The work has failed.
    func end(with error: any Error)

    /// Something else is done next.
    func leave()
}

/// One try to work on records.
package struct RecordAttempt: Sendable {
    /// Which it is, from 1.
    package var number = 1

    /// What the tries for a record leave for each other and for the policy; `nil` where there is no policy.
    package var trace: RecordTrace?

    /// The only one.
    package static let only = RecordAttempt()

    package init(number: Int = 1, trace: RecordTrace? = nil) {
        self.number = number
        self.trace = trace
    }
}

/// Where a try leaves what the next one has to know of it, such as its span.
package final class RecordTrace: Sendable {
    private let value = Mutex<(any Sendable)?>(nil)

    package init() {}

    /// What the last try left.
    package var last: (any Sendable)? {
        get { value.withLock { $0 } }
        set { value.withLock { $0 = newValue } }
    }
}
