// SPDX-License-Identifier: Apache-2.0

import Dispatch
import StitchService
import Synchronization

extension DeliveryLoop {
    /// Runs `body` in a transaction, which is committed when it returns and aborted when it throws.
    ///
    /// - Parameters:
    ///   - producer: Who sends.
    ///   - observe: Stands round the commit of a group's offsets.
    ///   - body: What is done.
    /// - Returns: What `body` returns.
    /// - Throws: What `body` throws, or why nothing was committed.
    package func withTransaction<Success>(
        of producer: any KafkaProducing,
        observing observe: (@escaping KafkaTransaction.OffsetCommit) -> KafkaTransaction.OffsetCommit = { $0 },
        _ body: (KafkaTransaction) async throws -> Success
    ) async throws -> Success {
        try await open()
        let result: Success
        do {
            let commit = observe { offsets, group async throws(KafkaError) in
                try await self.sendOffsets(offsets, group)
            }
            let transaction = KafkaTransaction(of: producer, commit: commit)
            result = try await body(transaction)
        } catch {
            await abort()
            // A record that was given up with its transaction is no more lost than the rest of it.
            let codes: [KafkaError.Code] = [.purged, .purgedInFlight]
            guard var purged = error as? KafkaError, codes.contains(purged.code) else { throw error }
            purged.isRetryable = state.withLock { $0.admission.isOpen }
            throw purged
        }
        try await commit()
        return result
    }

    private func open() async throws(KafkaError) {
        guard isTransactional else {
            throw KafkaError(
                .configuration,
                "A transaction was not begun: give the configuration a 'transactionalID' to make transactions"
            )
        }
        switch state.withLock({ $0.transaction.start() }) {
        case .refused:
            throw KafkaError(
                KafkaError.Code("_STATE"),
                "A transaction was not begun: the producer has one open; wait for its end, or use another producer with "
                    + "another transactionalID"
            )
        case .prepare:
            let failure = await attempt(isCancellable: true) { $0.initTransactions(timeoutMilliseconds: $1) }
            if let failure { throw end(failure) }
            state.withLock { $0.transaction.prepared() }
        case .begin: break
        }
        if let failure = await attempt({ client, _ in client.beginTransaction() }) { throw end(failure) }
        state.withLock { $0.transaction.opened() }
    }

    private func sendOffsets(
        _ offsets: [KafkaTopicPartition: Int64],
        _ group: KafkaGroupMetadata
    ) async throws(KafkaError) {
        let failure = await attempt(isCancellable: true) { client, timeout in
            client.sendOffsets(offsets, group, timeoutMilliseconds: timeout)
        }
        if let failure { throw failure.isFatal ? end(failure, isOver: false) : failure.error }
    }

    private func commit() async throws(KafkaError) {
        guard let failure = await attempt({ $0.commitTransaction(timeoutMilliseconds: $1) }) else {
            return endTransaction()
        }
        if failure.requiresAbort { throw Self.error(of: failure, wasAborted: await abort()) }
        if failure.isFatal || failure.isUnattempted { throw end(failure) }
        // It may have been committed or not: with this client there is no way to find out.
        close()
        var unknown = end(failure)
        unknown.message += ": it isn't known whether it was, and the producer is closed"
        unknown.isRetryable = false
        throw unknown
    }

    /// What is thrown for a commit that failed.
    static func error(of failure: TransactionFailure, wasAborted: Bool) -> KafkaError {
        var error = failure.error
        // Nothing of it was done, in either case.
        error.isRetryable = wasAborted
        error.message +=
            wasAborted
            ? ": it was aborted, and may be tried as a whole"
            : ": it could not be aborted either, so the producer is closed, and the brokers abort it when its time is over; "
                + "try it as a whole with another producer"
        return error
    }

    /// Aborts; what fails then is logged: the caller has an error already.
    ///
    /// - Returns: Whether it was aborted; else the producer is closed.
    @discardableResult
    private func abort() async -> Bool {
        // What is given up is no loss that anybody has to be told of.
        losses.expectPurge(true)
        let failure = await attempt { $0.abortTransaction(timeoutMilliseconds: $1) }
        losses.expectPurge(false)
        // Whoever made the transaction is told that it failed, with all that was in it.
        _ = losses.take()
        guard let failure else {
            endTransaction()
            return true
        }
        Diagnostics.log(.error, end(failure).message)
        // With a transaction that can't be ended there is no going on.
        close()
        return false
    }

    /// The transaction is over with an error.
    private func end(_ failure: TransactionFailure, isOver: Bool = true) -> KafkaError {
        if isOver { endTransaction() }
        if failure.isFatal { fail(failure.error) }
        return failure.error
    }

    /// Makes a call that blocks on a thread that may, again and again while that may help, for as long as a transaction
    /// may last.
    private func attempt(
        isCancellable: Bool = false,
        _ call: @escaping @Sendable (ProducerClient, _ timeoutMilliseconds: Int32) -> TransactionFailure?
    ) async -> TransactionFailure? {
        guard state.withLock({ $0.admission.beginFlush() }) else {
            let error = Self.closed("A transaction was given up", state.withLock { $0.fatal })
            return TransactionFailure(error: error, isUnattempted: true)
        }
        let request = FlushRequest()
        let cancelled = DispatchSemaphore(value: 0)
        let outcome = OneTime<TransactionFailure?>()
        let deadline = ContinuousClock.now + transactionTimeout
        flushing.async { [self] in
            var failure: TransactionFailure?
            repeat {
                // In short turns, to see whether it is still wanted.
                failure = call(client, 500)
                guard let failed = failure, failed.isRetryable else { break }
                if isCancellable, request.isCancelled.load(ordering: .relaxed) {
                    failure = failed.cancelled
                    break
                }
                // The brokers need a moment, as for a transaction that is still ending.
                _ = cancelled.wait(timeout: .now() + .milliseconds(20))
            } while ContinuousClock.now < deadline && state.withLock { !$0.admission.isClosed }
            endFlush()
            outcome.set(failure)
        }
        return await withTaskCancellationHandler {
            await outcome.value
        } onCancel: {
            request.isCancelled.store(true, ordering: .relaxed)
            cancelled.signal()
        }
    }

    /// The transaction is over; a shutdown may wait for that.
    private func endTransaction() {
        state.withLock { $0.transaction.ended() }
        transactionEnded.signal()
    }
}
