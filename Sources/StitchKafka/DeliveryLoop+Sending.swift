// SPDX-License-Identifier: Apache-2.0

import CStitchRdkafka
import Synchronization

/// How a record is handed over: enter, prepare, then hand it over, which leaves again when it came to nothing.
extension DeliveryLoop {
    // MARK: Entering

    /// Lets a sender in; from then on the client is there until the sender has left, or its record is reported.
    ///
    /// - Throws: When the producer is closed, or others wait for room.
    @inline(__always)
    package func enter(for record: borrowing KafkaRecord) throws(KafkaError) -> SendEntry {
        if let entry = tryToEnter() { return entry }
        return try enterUnlessWaiting(record.topic)
    }

    @inline(never)
    private func enterUnlessWaiting(_ topic: String) throws(KafkaError) -> SendEntry {
        let (turn, entry, woken) = state.withLock { state -> (SendAdmission.Turn, SendEntry?, Woken) in
            if state.admission.isOpen, state.admission.hasWaiting {
                return (.wait(waiter: 0), nil, wakeIfIdle(&state))
            }
            let turn = state.admission.arrive()
            return (turn, turn == .attempt ? gate.enter(1) : nil, Woken())
        }
        relieveCalled()
        if let entry { return entry }
        settle(woken)
        throw turn == .refused ? refusal(topic) : full(topic, isRetryable: true)
    }

    /// Lets a sender in, unless there is something to decide.
    @inline(__always)
    package func tryToEnter() -> SendEntry? { gate.enter() ?? enterBesideCalled() }

    /// Lets a sender in, once it is its turn.
    package func enterInTurn(for record: KafkaRecord) async throws(KafkaError) -> SendEntry {
        try await enter(record.topic) { $0.arrive() }
    }

    /// A sender leaves without a record on its way, or without so many of those that it had entered for.
    package func leave(_ entry: SendEntry, _ count: Int = 1) {
        if gate.leave(entry, count) { wakeSenders(room: 0) }
        if gate.isSettled { progress.signal() }
    }

    private func enter(
        _ topic: String,
        _ event: @Sendable (inout SendAdmission) -> SendAdmission.Turn
    ) async throws(KafkaError) -> SendEntry {
        let (decision, woken) = decide(event)
        settle(woken)
        var passage = decision
        if case .waits(let id, let waiter) = passage { passage = await wait(id, waiter) }
        switch passage {
        case .entered(let entry): return entry
        case .waits, .withdrawn: throw withdrawn(topic)
        case .refused: throw refusal(topic)
        case .impossible: throw full(topic)
        }
    }

    private func decide(_ event: (inout SendAdmission) -> SendAdmission.Turn) -> (Passage, Woken) {
        // Afterwards, so that a sender that was called before knows of who waits, or else is relieved.
        defer { relieveCalled() }
        return state.withLock { state in
            // Before anything is decided, so that a report that comes from now on wakes.
            gate.setWaiting(true)
            let turn = event(&state.admission)
            defer { gate.setWaiting(state.admission.hasWaiting) }
            switch turn {
            case .attempt: return (.entered(gate.enter(1)), Woken())
            case .wait(let id):
                let waiter = OneTime<Passage>()
                state.waiters[id] = waiter
                return (.waits(id, waiter), wakeIfIdle(&state))
            case .refused: return (.refused, Woken())
            case .impossible: return (.impossible, wakeIfIdle(&state))
            }
        }
    }

    /// Lets the first of those who wait try when nothing is outstanding.
    ///
    /// Whoever the gate turns away is counted there for a moment, and who looks in that moment takes it for a report that is
    /// still to come. So who was turned away looks again.
    private func wakeIfIdle(_ state: inout State) -> Woken {
        let outstanding = gate.traffic.outstanding
        return outstanding == 0 ? wake(&state, room: 0, outstanding: outstanding) : Woken()
    }

    private func wait(_ id: UInt64, _ waiter: OneTime<Passage>) async -> Passage {
        await withTaskCancellationHandler {
            await waiter.value
        } onCancel: {
            let gaveUp = state.withLock { state in
                defer { gate.setWaiting(state.admission.hasWaiting) }
                return state.admission.cancel(waiter: id)
            }
            if gaveUp { settle([id], .withdrawn) }
        }
    }

    /// Wakes whose turn it is.
    func wakeSenders(room: Int) {
        settle(state.withLock { state in wake(&state, room: room, outstanding: gate.traffic.outstanding) })
    }

    /// A sender that had found the queue full has handed its record over, or has given it up.
    func passed() {
        let woken = state.withLock { state in
            state.admission.passed()
            return wake(&state, room: 0, outstanding: gate.traffic.outstanding)
        }
        settle(woken)
    }

    /// Waiters whose turn has come, who have entered.
    private struct Woken {
        var waiters: [UInt64] = []
        var entry: SendEntry?
    }

    private func wake(_ state: inout State, room: Int, outstanding: Int) -> Woken {
        let waiters = state.admission.wake(room: room, outstanding: outstanding)
        let entry = gate.enter(waiters.count)
        gate.setWaiting(state.admission.hasWaiting)
        return Woken(waiters: waiters, entry: entry)
    }

    private func settle(_ woken: Woken) {
        if let entry = woken.entry { settle(woken.waiters, .entered(entry)) }
    }

    func settle(_ ids: [UInt64], _ passage: Passage) {
        guard !ids.isEmpty else { return }
        let waiters = state.withLock { state in ids.compactMap { state.waiters.removeValue(forKey: $0) } }
        for waiter in waiters { waiter.set(passage) }
    }

    /// What whoever waited for room, or stood behind a record that did, is told when his task was cancelled.
    func withdrawn(_ topic: String) -> KafkaError {
        KafkaError(
            .cancelled,
            "A record for the topic '\(topic)' waited for room in the local queue when its task was cancelled: it was not sent"
        )
    }

    private func refusal(_ topic: String) -> KafkaError {
        Self.closed("A record for the topic '\(topic)' was not sent", state.withLock { $0.fatal })
    }

    /// - Parameters:
    ///   - topic: The record's topic.
    ///   - isRetryable: Whether there will be room, rather than that the record is larger than the queue.
    /// - Returns: The error to throw.
    private func full(_ topic: String, isRetryable: Bool = false) -> KafkaError {
        var error = KafkaError(native: RD_KAFKA_RESP_ERR__QUEUE_FULL, "A record for '\(topic)' was not taken")
        error.isRetryable = isRetryable
        return error
    }

    // MARK: Handing over

    /// The topic that a record is to go to, for a sender that has entered.
    ///
    /// - Throws: Why the record can't be sent; the sender has left then.
    @inline(__always)
    package func topic(
        of record: borrowing KafkaRecord,
        _ entry: SendEntry
    ) throws(KafkaError) -> FoundTopic {
        do throws(KafkaError) {
            try record.validatePartition()
            let topic = try client.topic(record.topic)
            if let own = topic.own { lend(own) }
            return topic
        } catch {
            leave(entry)
            throw error
        }
    }

    /// Has the client stay for as long as a topic that only its sender keeps.
    func lend(_ topic: ProducerTopic) {
        gate.lend()
        topic.lease = Lease(of: self)
    }

    private final class Lease: Sendable {
        private let loop: DeliveryLoop

        init(of loop: DeliveryLoop) { self.loop = loop }

        deinit {
            loop.gate.giveBack()
            loop.lookAgain()
        }
    }

    /// Hands a record over, without waiting for anything.
    ///
    /// - Throws: Why it was not taken; its sender has left then.
    @inline(__always)
    package func handOver(_ record: borrowing KafkaRecord, _ send: consuming PreparedSend) throws(KafkaError) {
        let result = attempt(record, &send)
        if !result.isNone { throw fail(result, record, send) }
    }

    /// Hands a record over, unless there is no room for it.
    ///
    /// - Returns: How many reports there had been, if there is no room: for ``handOver(_:_:since:)``, to be called next;
    ///   `nil` when it was taken.
    /// - Throws: Why it was not taken; its sender has left then.
    @inline(__always)
    package func handOverAtOnce(
        _ record: borrowing KafkaRecord,
        _ send: inout PreparedSend
    ) throws(KafkaError) -> Int? {
        let seen = gate.reports
        let result = attempt(record, &send)
        if result.isNone { return nil }
        if result == RD_KAFKA_RESP_ERR__QUEUE_FULL { return seen }
        throw fail(result, record, send)
    }

    /// Hands a record over, once there is room.
    ///
    /// - Throws: Why it was not taken; its sender has left then.
    package func handOver(
        _ record: KafkaRecord,
        _ send: consuming PreparedSend,
        since seen: Int
    ) async throws(KafkaError) {
        send.entry = try await waitForRoom(record, send.entry, since: seen, again: false, send.pending)
        while true {
            let seen = gate.reports
            let result = attempt(record, &send)
            if result == RD_KAFKA_RESP_ERR__QUEUE_FULL {
                send.entry = try await waitForRoom(record, send.entry, since: seen, again: true, send.pending)
                continue
            }
            passed()
            if !result.isNone { throw fail(result, record, send) }
            return
        }
    }

    /// Gives a record to librdkafka, and with it what stands for the record.
    @inline(__always)
    func attempt(_ record: borrowing KafkaRecord, _ send: inout PreparedSend) -> rd_kafka_resp_err_t {
        let result = client.produce(record, to: send.topic, &send.headers, send.opaque)
        if result.isNone { send.release() }
        return result
    }

    /// A record that can't be taken: its sender leaves.
    func fail(
        _ result: rd_kafka_resp_err_t,
        _ record: borrowing KafkaRecord,
        _ send: borrowing PreparedSend
    ) -> KafkaError {
        leave(send.entry)
        var error = record.refusal(result)
        if result == RD_KAFKA_RESP_ERR__QUEUE_FULL { error.isRetryable = gate.traffic.outstanding > 0 }
        send.pending.observeRefusal(error, record)
        return error
    }

    /// Leaves, and enters again once there is room.
    ///
    /// - Parameters:
    ///   - record: The record.
    ///   - entry: How its sender had entered.
    ///   - seen: How many reports there had been before it found the queue full.
    ///   - again: Whether it had found it full before.
    ///   - pending: Who is told when it is given up.
    /// - Returns: How it has entered now: to try again, and then to say that it has ``passed()``, unless it comes back here.
    /// - Throws: When the producer is closed, the task was cancelled, or the record will never fit.
    func waitForRoom(
        _ record: KafkaRecord,
        _ entry: SendEntry,
        since seen: Int,
        again: Bool,
        _ pending: PendingSend? = nil
    ) async throws(KafkaError) -> SendEntry {
        leave(entry)
        do throws(KafkaError) {
            return try await enter(record.topic) { [self] in $0.full(seen: seen, gate.traffic, again: again) }
        } catch {
            pending?.observeRefusal(error, record)
            throw error
        }
    }
}
