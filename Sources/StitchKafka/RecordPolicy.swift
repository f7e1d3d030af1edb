// SPDX-License-Identifier: Apache-2.0

/// Stands between a consumer and its handler, and decides what becomes of records whose handler throws.
///
/// The records count as handled when `run` returns: by then they have been worked on, passed over, or put elsewhere. When
/// it throws, the consumer stops there, unless it throws ``RecordsGivenBack``. Until it returns no other record of the
/// partition begins.
package protocol RecordPolicy: Sendable {
    /// Makes sure that what the policy needs is there, before the first record is asked for.
    ///
    /// Called on a thread that may block; again after an error that may pass.
    func prepare() throws(KafkaError)

    /// Handles records of one partition, which are one unless the handler is one of batches.
    ///
    /// - Parameters:
    ///   - records: At least one, in order.
    ///   - work: What to handle them with.
    /// - Throws: What the consumer is to stop for, or what `work` threw.
    func run(_ records: [KafkaConsumedRecord], _ work: RecordWork) async throws

    /// Nothing will be handled any more.
    func shutdown() async
}

/// What a policy handles records with.
package struct RecordWork: Sendable {
    /// Calls the handler; for a handler that takes one record there is one.
    package typealias Handle = @Sendable ([KafkaConsumedRecord], RecordAttempt) async throws -> Void

    /// Calls the handler; may be called any number of times, one after the other.
    package var handle: Handle

    /// Lets time pass, with no handler in flight: the partition may be given away meanwhile, which ends the wait.
    package var rest: @Sendable (Duration) async throws(RecordsGivenBack) -> Void

    /// So many of the records, from the first on, count as handled, whatever becomes of the others; never less than said
    /// before.
    package var handled: @Sendable (Int) -> Void

    package init(
        handle: @escaping Handle,
        rest: @escaping @Sendable (Duration) async throws(RecordsGivenBack) -> Void,
        handled: @escaping @Sendable (Int) -> Void = { _ in }
    ) {
        self.handle = handle
        self.rest = rest
        self.handled = handled
    }
}

/// The records are not to be handled any more: whoever gets the partition next gets them again.
package struct RecordsGivenBack: Error {
    package init() {}
}
