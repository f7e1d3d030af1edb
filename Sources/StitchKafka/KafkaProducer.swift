// SPDX-License-Identifier: Apache-2.0

public import StitchService

/// Sends records to Kafka.
///
/// One producer serves a whole process; any task may use it.
///
/// It works from `init` on. ``send(_:)`` returns when the broker has acknowledged the record, ``send(contentsOf:)`` when it
/// has answered all of several, and `enqueue(_:)` at once, which is by far the quickest way to send many. Records
/// sent by one task one after the other arrive in that order, and unless the configuration says otherwise none arrives
/// twice. When the local queue is full, senders wait for room.
///
/// ``run()`` returns when the producer is shut down, and throws when it has become unusable. ``shutdown()`` lets the
/// records that were taken be acknowledged within the configuration's `drain` and gives up the rest; every sender gets
/// an answer, and what nobody waited for is thrown by ``run()``. A producer that is let go without a shutdown is closed as
/// with a `drain` of zero.
///
/// ```swift
/// let producer = try KafkaProducer(KafkaConfiguration(brokers: ["localhost:9092"]))
/// let delivery = try await producer.send(KafkaRecord(topic: "orders", key: "7", value: bytes))
/// for order in orders { try await producer.enqueue(KafkaRecord(topic: "orders", key: order.id, value: order.bytes)) }
/// try await producer.flush()
/// await producer.shutdown()
/// ```
public final class KafkaProducer: KafkaProducing {
    private let configuration: KafkaConfiguration

    /// What hands records over and gets their reports; also for the traced producer.
    package let loop: DeliveryLoop

    /// Makes a producer.
    ///
    /// Does not wait for a broker.
    ///
    /// - Parameter configuration: Where Kafka is and how to behave.
    /// - Throws: ``KafkaError`` with ``KafkaError/Code-swift.struct/configuration`` that names the option, its value and
    ///   what would be right.
    public convenience init(_ configuration: KafkaConfiguration) throws(KafkaError) {
        try self.init(configuration) { _ in nil }
    }

    /// Makes a producer that keeps something with each topic.
    package init(
        _ configuration: KafkaConfiguration,
        attach: @escaping @Sendable (String) -> (any AnyObject & Sendable)?
    ) throws(KafkaError) {
        self.configuration = configuration
        loop = try DeliveryLoop(configuration, name: Self.name(configuration), attach)
    }

    deinit { loop.close() }

    private static func name(_ configuration: KafkaConfiguration) -> String {
        "KafkaProducer(\(configuration.clientID))"
    }

    /// `KafkaProducer(client id)`.
    public var name: String { Self.name(configuration) }

    /// When a record was last answered, how many are not yet, and what trouble there is since: also records that were not
    /// delivered and that nobody waited for.
    public var health: ServiceHealth { loop.health }

    /// The thread on which the broker's answers come in, for tasks that are to go on there, without a change of thread.
    ///
    /// Where many tasks wait for ``send(_:)``, going on there takes about three fifths of the processor time. Nothing may block such a
    /// task or let it compute for long: all answers that this producer gets would wait. After the producer is shut down, tasks
    /// that prefer it run elsewhere.
    ///
    /// ```swift
    /// try await withTaskExecutorPreference(producer.executor) {
    ///     try await withThrowingTaskGroup { group in
    ///         for order in orders { group.addTask { _ = try await producer.send(KafkaRecord(order)) } }
    ///         try await group.waitForAll()
    ///     }
    /// }
    /// ```
    public var executor: any TaskExecutor { loop.executor }

    /// Sends a record and waits until the broker has acknowledged it.
    ///
    /// Cancelling the task withdraws a record that still waits for room in the local queue. A record that was taken can't
    /// be withdrawn: the answer is waited for, for as long as the configuration's `deliveryTimeout` at most.
    ///
    /// - Parameter record: The record.
    /// - Returns: Where it was written.
    /// - Throws: ``KafkaError`` when it was not acknowledged, with the protocol's name for the reason.
    @discardableResult
    public nonisolated(nonsending) func send(_ record: KafkaRecord) async throws(KafkaError) -> KafkaDelivery {
        var attempt = SendAttempt()
        await withUnsafeContinuation { sender in
            loop.handOver(record, &attempt, resuming: sender) { record, entry throws(KafkaError) in
                try loop.prepare(record, entry)
            }
        }
        if let delivery = loop.delivery(of: attempt, to: record.topic) { return delivery }
        return try await sendRest(of: attempt, record)
    }

    private nonisolated(nonsending) func sendRest(
        of attempt: SendAttempt,
        _ record: KafkaRecord
    ) async throws(KafkaError) -> KafkaDelivery {
        if attempt.isMade { return try await loop.sendRest(of: attempt, record) }
        let entry = try await loop.enterInTurn(for: record)
        return try await loop.send(record, loop.prepare(record, entry))
    }

    /// Sends records together and waits until the broker has answered all of them.
    ///
    /// Where the local queue is full, it waits for room. Cancelling the task withdraws the record that waits and all behind
    /// it; for those that were taken the answer is waited for, as in ``send(_:)``.
    ///
    /// - Parameter records: The records; those for one partition keep their order.
    /// - Returns: What became of each, in the same order.
    public func send(contentsOf records: [KafkaRecord]) async -> KafkaDeliveries {
        await loop.send(contentsOf: records)
    }

    /// Hands a record over and returns, without waiting for anything.
    ///
    /// For code that isn't `async`; elsewhere the same call waits for room where there is none.
    ///
    /// - Parameter record: The record.
    /// - Returns: A handle to await the delivery with, which may be let go.
    /// - Throws: ``KafkaError`` when it was not taken: ``KafkaError/Code-swift.struct/queueFull`` when there is no room, or
    ///   others wait for it.
    @discardableResult
    public func enqueue(_ record: KafkaRecord) throws(KafkaError) -> KafkaEnqueued {
        let entry = try loop.enter(for: record)
        let send = try loop.prepare(record, entry)
        let enqueued = KafkaEnqueued(send.pending)
        try loop.handOver(record, send)
        return enqueued
    }

    /// Hands a record over and returns; waits only where the local queue is full, until there is room.
    ///
    /// That wait is what keeps a loop that is quicker than the broker from filling the memory. Cancelling the task ends it,
    /// and withdraws the record.
    ///
    /// - Parameter record: The record.
    /// - Returns: A handle to await the delivery with, which may be let go.
    /// - Throws: ``KafkaError`` when it was not taken.
    @discardableResult
    public nonisolated(nonsending) func enqueue(_ record: KafkaRecord) async throws(KafkaError) -> KafkaEnqueued {
        let entry = if let entry = loop.tryToEnter() { entry } else { try await loop.enterInTurn(for: record) }
        var send = try loop.prepare(record, entry)
        let enqueued = KafkaEnqueued(send.pending)
        if let seen = try loop.handOverAtOnce(record, &send) { try await loop.handOver(record, send, since: seen) }
        return enqueued
    }

    /// Does something in a transaction: consumers that read what is committed see all that is sent meanwhile, or nothing.
    ///
    /// Committed when `body` returns, aborted when it throws, also because its task was cancelled. A record that isn't
    /// delivered has the commit fail and the transaction aborted. One at a time: what the producer sends from elsewhere
    /// meanwhile is part of it too.
    ///
    /// ```swift
    /// try await producer.withTransaction { transaction in
    ///     for record in records { try await transaction.enqueue(booking(of: record)) }
    ///     try await transaction.sendOffsets(of: records, from: consumer)
    /// }
    /// ```
    ///
    /// - Parameter body: What is done. Not called again by itself.
    /// - Returns: What `body` returns.
    /// - Throws: What `body` throws; ``KafkaError`` when nothing was committed, where `isRetryable` says that the whole may
    ///   be tried again, and `isFatal` that the producer is of no use any more: with
    ///   ``KafkaError/Code-swift.struct/producerFenced`` because another one has its transactional id.
    @discardableResult
    public func withTransaction<Success>(
        _ body: (KafkaTransaction) async throws -> Success
    ) async throws -> Success {
        try await loop.withTransaction(of: self, body)
    }

    /// Waits until every record that was sent before has its answer, without lingering.
    ///
    /// - Parameter timeout: How long to wait at most.
    /// - Throws: ``KafkaError`` with ``KafkaError/Code-swift.struct/timedOut`` when it takes longer,
    ///   ``KafkaError/Code-swift.struct/cancelled`` when the task is cancelled meanwhile, and
    ///   ``KafkaError/Code-swift.struct/undelivered``, with their number and the first reasons, when records were not
    ///   delivered that nobody waited for, since the last flush.
    public func flush(timeout: Duration = .seconds(30)) async throws(KafkaError) {
        try await loop.flush(timeout: timeout)
    }

    /// Returns when the producer is shut down.
    ///
    /// Cancelling the task shuts it down at once.
    ///
    /// - Throws: ``KafkaError`` when the producer has become unusable, as when another one with its transactional id has
    ///   taken over; with ``KafkaError/Code-swift.struct/undelivered`` when records were not delivered, up to the very end,
    ///   that nobody waited for.
    public func run() async throws {
        let failure = await withTaskCancellationHandler {
            await loop.ended.value
        } onCancel: {
            loop.stop(drain: .zero)
            loop.close()
        }
        if let failure { throw failure }
    }

    /// Lets nobody send any more, waits within `drain` until what was taken is acknowledged, gives up the rest, and
    /// returns when the client is gone.
    public func shutdown() async {
        loop.stop(drain: configuration.drain)
        _ = await loop.ended.value
    }
}
