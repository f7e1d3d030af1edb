// SPDX-License-Identifier: Apache-2.0

public import StitchService

/// What sends records: a producer, traced or not, or a double of one in a test.
public protocol KafkaProducing: Service {
    /// Sends a record and waits until the broker has acknowledged it.
    ///
    /// - Parameter record: The record.
    /// - Returns: Where it was written.
    /// - Throws: ``KafkaError`` when it was not acknowledged.
    @discardableResult
    nonisolated(nonsending) func send(_ record: KafkaRecord) async throws(KafkaError) -> KafkaDelivery

    /// Sends records together and waits until the broker has answered all of them.
    ///
    /// - Parameter records: The records; those for one partition keep their order.
    /// - Returns: What became of each, in the same order.
    func send(contentsOf records: [KafkaRecord]) async -> KafkaDeliveries

    /// Hands a record over and returns, without waiting for anything.
    ///
    /// For code that isn't `async`; elsewhere the same call waits for room where there is none.
    ///
    /// - Parameter record: The record.
    /// - Returns: A handle to await the delivery with, which may be let go.
    /// - Throws: ``KafkaError`` when it was not taken: ``KafkaError/Code-swift.struct/queueFull`` when there is no room.
    @discardableResult
    func enqueue(_ record: KafkaRecord) throws(KafkaError) -> KafkaEnqueued

    /// Hands a record over and returns; waits only where the local queue is full, until there is room.
    ///
    /// - Parameter record: The record.
    /// - Returns: A handle to await the delivery with, which may be let go.
    /// - Throws: ``KafkaError`` when it was not taken.
    @discardableResult
    nonisolated(nonsending) func enqueue(_ record: KafkaRecord) async throws(KafkaError) -> KafkaEnqueued

    /// Does something in a transaction: consumers that read what is committed see all that is sent meanwhile, or nothing.
    ///
    /// - Parameter body: What is done. The transaction is committed when it returns, and aborted when it throws.
    /// - Returns: What `body` returns.
    /// - Throws: What `body` throws; ``KafkaError`` when nothing was committed.
    @discardableResult
    func withTransaction<Success>(_ body: (KafkaTransaction) async throws -> Success) async throws -> Success

    /// Waits until every record that was sent before has its answer, without lingering.
    ///
    /// - Parameter timeout: How long to wait at most.
    /// - Throws: ``KafkaError`` with ``KafkaError/Code-swift.struct/timedOut`` when it takes longer,
    ///   ``KafkaError/Code-swift.struct/undelivered`` when records were not delivered that nobody waited for.
    func flush(timeout: Duration) async throws(KafkaError)
}
