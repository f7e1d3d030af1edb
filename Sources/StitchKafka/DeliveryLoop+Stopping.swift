// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Foundation
import Synchronization

extension DeliveryLoop {
    // MARK: Flushing

    func flush(timeout: Duration) async throws(KafkaError) {
        guard state.withLock({ $0.admission.beginFlush() }) else {
            throw Self.closed("The producer was not flushed", state.withLock { $0.fatal })
        }
        let request = FlushRequest()
        flushing.async { [self] in
            let flushed = flush(within: timeout, unless: { request.isCancelled.load(ordering: .relaxed) })
            endFlush()
            request.isFlushed.set(flushed)
        }
        let flushed = await withTaskCancellationHandler {
            await request.isFlushed.value
        } onCancel: {
            request.isCancelled.store(true, ordering: .relaxed)
            progress.signal()
        }
        if flushed {
            if let lost = losses.take() { throw lost }
            return
        }
        if request.isCancelled.load(ordering: .relaxed) {
            throw KafkaError(.cancelled, "Flushing the producer was cancelled: records are still unacknowledged")
        }
        throw KafkaError(
            .timedOut,
            "Flushing the producer took longer than \(timeout): records are still unacknowledged; check that the brokers "
                + "can be reached",
            isRetryable: true
        )
    }

    final class FlushRequest: Sendable {
        let isCancelled = Atomic(false)
        let isFlushed = OneTime<Bool>()
    }

    /// Blocks a thread of ours until the reports are there.
    ///
    /// librdkafka itself would wait until nothing is outstanding at all, which may never be while others go on sending, and
    /// as long as it is flushing its threads never rest. So it is asked for a moment, in which it sends what lingers; and again
    /// later, for what was about to be handed over then, or has to be sent once more.
    private func flush(within timeout: Duration, unless isCancelled: () -> Bool) -> Bool {
        let deadline = ContinuousClock.now + timeout
        let epoch = epoch.withLock { $0 }
        while true {
            let remaining = max(ContinuousClock.now.duration(to: deadline), .zero)
            client.sendWhatLingers(within: min(remaining, .milliseconds(10)))
            relieveCalled()
            var isFlushed = false
            let end = min(deadline, .now + .milliseconds(50))
            progress.wait(until: { end }) {
                isFlushed = isOver(epoch)
                return isFlushed || isCancelled()
            }
            if isFlushed {
                // Who flushes too may have waited for the epoch that this has ended.
                progress.signal()
                return true
            }
            if remaining <= .zero || isCancelled() { return false }
        }
    }

    /// Whether all that was handed over by who entered up to an epoch has its report; ends that epoch if it is the present
    /// one, as soon as the one before is settled.
    private func isOver(_ number: Int) -> Bool {
        epoch.withLock { current in
            if current == number, gate.isSettled {
                gate.turn()
                current += 1
            }
            return current > number + 1 || current == number + 1 && gate.isSettled
        }
    }

    func endFlush() {
        state.withLock { $0.admission.endFlush() }
        bell.ring()
    }

    // MARK: Stopping

    /// Lets nobody in any more; records that were taken may be acknowledged within `drain`, then they are given up.
    func stop(drain: Duration) {
        let refused = state.withLock { state in
            gate.close()
            return state.admission.drain()
        }
        guard let refused else { return }
        settle(refused, .refused)
        guard drain > .zero, state.withLock({ $0.admission.beginFlush() }) else { return close() }
        flushing.async { [self] in
            let deadline = ContinuousClock.now + drain
            awaitTransaction(until: deadline)
            // Of all who were let in: nobody is any more.
            let isClosed = { [self] in state.withLock { $0.admission.isClosed } }
            _ = flush(within: max(ContinuousClock.now.duration(to: deadline), .zero), unless: isClosed)
            // Else consumers wait for it until the brokers find out. Whoever has it open is told when he goes on.
            if state.withLock({ $0.transaction.isOpen }) { _ = client.abortTransaction(timeoutMilliseconds: 1000) }
            // Before the flush ends: from then on the client may be gone.
            close()
            endFlush()
        }
    }

    /// Lets whoever has a transaction open end it; blocks.
    private func awaitTransaction(until deadline: ContinuousClock.Instant) {
        while state.withLock({ $0.transaction.isBusy && !$0.admission.isClosed }) {
            let remaining = ContinuousClock.now.duration(to: deadline)
            guard remaining > .zero else { return }
            let turn = min(remaining, .seconds(3600)).wholeMilliseconds
            _ = transactionEnded.wait(timeout: .now() + .milliseconds(Int(turn)))
        }
    }

    /// Gives up what has no report yet; the thread ends when it has.
    func close() {
        let refused = state.withLock { state in
            gate.close()
            return state.admission.close()
        }
        bell.ring()
        transactionEnded.signal()
        progress.signal()
        settle(refused, .refused)
    }

    /// The thread may have waited for what has just gone.
    func lookAgain() {
        if gate.isClosed { bell.ring() }
    }
}
