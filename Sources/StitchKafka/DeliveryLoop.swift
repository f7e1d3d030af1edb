// SPDX-License-Identifier: Apache-2.0

import CStitchRdkafka
import Dispatch
import StitchService
import Synchronization

/// Serves a producer's delivery reports on a thread of its own, which also destroys the client in the end.
final class DeliveryLoop: Sendable {
    private struct State {
        var admission = SendAdmission()
        var waiters: [UInt64: OneTime<SendAdmission.Turn>] = [:]
        var fatal: KafkaError?
        var health = ServiceHealth()
        var isDestroyed = false
    }

    private let client: ProducerClient
    private let state = Mutex(State())
    /// Where flushing blocks: librdkafka waits there for what the thread does.
    private let flushing = DispatchQueue(label: "stitch.kafka.flush", attributes: .concurrent)

    /// Set when the client is destroyed, with what made it unusable.
    let ended = OneTime<KafkaError?>()

    init(_ configuration: KafkaConfiguration) throws(KafkaError) {
        client = try ProducerClient(configuration)
        ClientThread.start("kafka-producer") { [self] in serve() }
    }

    var health: ServiceHealth {
        state.withLock { state in
            var health = state.health
            health.lag = state.admission.outstanding
            return health
        }
    }

    // MARK: Sending

    func send(_ record: KafkaRecord) async throws(KafkaError) -> KafkaDelivery {
        try record.validate()
        var (turn, waiter) = admit { $0.arrive() }
        while true {
            switch turn {
            case .attempt(let seen):
                switch await attempt(record) {
                case .delivered(let delivery):
                    return delivery
                case .failed(let error):
                    throw error
                case .full:
                    (turn, waiter) = admit { $0.full(seen: seen) }
                }
            case .wait(let id):
                guard let waiter, let next = await wait(id, waiter) else {
                    throw KafkaError(
                        .cancelled,
                        "A record for the topic '\(record.topic)' waited for room in the local queue when its task was "
                            + "cancelled: it was not sent"
                    )
                }
                turn = next
            case .refused:
                throw Self.closed("A record for the topic '\(record.topic)' was not sent")
            case .impossible:
                throw KafkaError(native: RD_KAFKA_RESP_ERR__QUEUE_FULL, "A record for '\(record.topic)' was not taken")
            }
        }
    }

    /// Hands the record over and waits for its report.
    ///
    /// What fails at once was never outstanding.
    private func attempt(_ record: KafkaRecord) async -> PendingSend.Answer {
        await withCheckedContinuation { continuation in
            let pending = PendingSend(continuation)
            guard let answer = client.produce(record, pending) else { return }
            if case .failed = answer { admit { $0.failed() } }
            pending.resume(answer)
        }
    }

    /// `nil` when the task was cancelled first.
    private func wait(_ id: UInt64, _ waiter: OneTime<SendAdmission.Turn>) async -> SendAdmission.Turn? {
        let turn = await withTaskCancellationHandler {
            await waiter.value
        } onCancel: {
            let gaveUp = state.withLock { $0.admission.cancel(waiter: id) }
            if gaveUp { settle([id], .wait(waiter: id)) }
        }
        return turn == .wait(waiter: id) ? nil : turn
    }

    /// Lets an event decide, and wakes whose turn it is thereby.
    @discardableResult
    private func admit<Decision>(
        _ event: (inout SendAdmission) -> Decision
    ) -> (Decision, OneTime<SendAdmission.Turn>?) {
        let (decision, waiter, woken) = state.withLock { state in
            let decision = event(&state.admission)
            var waiter: OneTime<SendAdmission.Turn>?
            if case .wait(let id) = decision as? SendAdmission.Turn {
                waiter = OneTime()
                state.waiters[id] = waiter
            }
            return (decision, waiter, state.admission.wake())
        }
        settle(woken.waiters, woken.turn)
        return (decision, waiter)
    }

    private func settle(_ ids: [UInt64], _ turn: SendAdmission.Turn) {
        guard !ids.isEmpty else { return }
        let waiters = state.withLock { state in ids.compactMap { state.waiters.removeValue(forKey: $0) } }
        for waiter in waiters { waiter.set(turn) }
    }

    // MARK: Flushing

    func flush(timeout: Duration) async throws(KafkaError) {
        guard state.withLock({ $0.admission.beginFlush() }) else { throw Self.closed("The producer was not flushed") }
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
        }
        if flushed { return }
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

    private final class FlushRequest: Sendable {
        let isCancelled = Atomic(false)
        let isFlushed = OneTime<Bool>()
    }

    /// Blocks a thread of ours while librdkafka waits; looks up every now and then whether it is still wanted.
    private func flush(within timeout: Duration, unless isCancelled: () -> Bool) -> Bool {
        let deadline = ContinuousClock.now + timeout
        while true {
            let remaining = ContinuousClock.now.duration(to: deadline)
            let slice = min(max(remaining, .zero), .milliseconds(100)).wholeMilliseconds
            if client.flush(timeoutMilliseconds: Int32(slice)) { return true }
            if remaining <= .zero || isCancelled() { return false }
        }
    }

    private func endFlush() {
        state.withLock { state in
            state.admission.endFlush()
            wakeThread(state)
        }
    }

    // MARK: Stopping

    /// Lets nobody in any more; records that were taken may be acknowledged within `drain`, then they are given up.
    func stop(drain: Duration) {
        guard let refused = state.withLock({ $0.admission.drain() }) else { return }
        settle(refused, .refused)
        guard drain > .zero, state.withLock({ $0.admission.beginFlush() }) else { return close() }
        flushing.async { [self] in
            _ = flush(within: drain, unless: { state.withLock { $0.admission.step != .serve } })
            // Before the flush ends: from then on the client may be gone.
            close()
            endFlush()
        }
    }

    /// Gives up what has no report yet; the thread ends when it has.
    func close() {
        let refused = state.withLock { state in
            defer { wakeThread(state) }
            return state.admission.close()
        }
        settle(refused, .refused)
    }

    /// With the state locked, because the thread destroys the client when it is closed.
    private func wakeThread(_ state: borrowing State) {
        if !state.isDestroyed { client.wake() }
    }

    private static func closed(_ what: String) -> KafkaError {
        KafkaError(.closed, "\(what): the producer is shut down; use one that runs")
    }

    // MARK: The thread

    private func serve() {
        while true {
            let step = state.withLock { state in
                state.isDestroyed = state.admission.step == .finish
                return state.admission.step
            }
            if step == .finish { break }
            // Again in each turn: a record that was being handed over may come after the first.
            if step == .purge { client.purge() }
            let count = client.serve(timeoutMilliseconds: step == .purge ? 100 : 1000, onError: note)
            guard count > 0 else { continue }
            state.withLock { $0.health = ServiceHealth(lastProgress: .now) }
            admit { $0.reported(count) }
        }
        client.destroy()
        ended.set(state.withLock { $0.fatal })
    }

    private func note(_ code: rd_kafka_resp_err_t, _ text: String) {
        if code == RD_KAFKA_RESP_ERR__FATAL {
            let error = client.fatalError()
            state.withLock { $0.fatal = error }
            Diagnostics.log(.error, error.message)
            return close()
        }
        let error = KafkaError(native: code, "The producer has trouble", detail: text)
        Diagnostics.log(.warning, error.message)
        state.withLock { $0.health.blocker = error.message }
    }
}
