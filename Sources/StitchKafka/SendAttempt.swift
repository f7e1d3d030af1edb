// SPDX-License-Identifier: Apache-2.0

import CStitchRdkafka

/// What came of handing a record over for a sender that waits for its report from the start.
///
/// What the sender's function keeps while it waits, and so as small as can be: with a thousand senders each byte of it is
/// memory to fetch when their reports have come.
package struct SendAttempt {
    /// What stands for a record that was taken: the sender's, as soon as it goes on.
    fileprivate var taken: Unmanaged<PendingSend>?
    fileprivate var rest: Rest?

    /// Whether its sender has entered; otherwise it has to wait for its turn.
    package var isMade: Bool { taken != nil || rest != nil }

    /// Nothing yet.
    package init() {}

    /// A record that wasn't taken.
    fileprivate final class Rest {
        /// Why it never will be.
        let error: KafkaError?
        /// There was no room for it, when there had been so many reports.
        var send: PreparedSend?
        let seen: Int

        init(_ error: KafkaError) { (self.error, seen) = (error, 0) }

        init(_ send: consuming PreparedSend, since seen: Int) {
            error = nil
            self.send = consume send
            self.seen = seen
        }
    }
}

extension DeliveryLoop {
    /// Hands a record over for a sender that waits, which goes on with the report, or at once where it isn't taken.
    ///
    /// To be called as the sender begins to wait, in its own function; `delivery(of:to:)` says what came of it.
    ///
    /// - Parameters:
    ///   - record: The record.
    ///   - attempt: What the sender keeps of it.
    ///   - sender: Who goes on.
    ///   - prepare: Gets it ready for a sender that has entered, and has left when this throws.
    @inline(never)
    package func handOver(
        _ record: borrowing KafkaRecord,
        _ attempt: inout SendAttempt,
        resuming sender: UnsafeContinuation<Void, Never>,
        _ prepare: (borrowing KafkaRecord, SendEntry) throws(KafkaError) -> PreparedSend
    ) {
        guard let entry = tryToEnter() else { return sender.resume() }
        do throws(KafkaError) {
            var send = try prepare(record, entry)
            let (reference, seen, isAlone) = (send.reference, gate.reports, isAlone)
            reference._withUnsafeGuaranteedRef { $0.wait(with: sender, alone: isAlone) }
            if isAlone { lone.comes(reference) }
            let result = self.attempt(record, &send)
            if result.isNone {
                attempt.taken = reference
                if isAlone { lone.waits(reference) }
                return
            }
            if isAlone { _ = lone.leaves(reference) }
            reference._withUnsafeGuaranteedRef { $0.waitNoMore() }
            guard result == RD_KAFKA_RESP_ERR__QUEUE_FULL else { throw fail(result, record, send) }
            attempt.rest = SendAttempt.Rest(send, since: seen)
        } catch {
            attempt.rest = SendAttempt.Rest(error)
        }
        sender.resume()
    }

    /// Where a record went whose sender has gone on.
    ///
    /// - Returns: `nil` where it wasn't delivered, or not yet: `sendRest(of:_:)` is to be called next.
    @inline(never)
    package func delivery(of attempt: SendAttempt, to topic: String) -> KafkaDelivery? {
        guard let reference = attempt.taken else { return nil }
        if reference._withUnsafeGuaranteedRef({ $0.isAlone && !getReport(of: $0) }) { return nil }
        guard reference._withUnsafeGuaranteedRef({ $0.report.isDelivered }) else { return nil }
        // The reference came with the report.
        defer { pool.give(reference) }
        return reference._withUnsafeGuaranteedRef { $0.report.place(in: topic) }
    }

    /// What is left to do for a record whose sender has entered: it waits for the report where the sender was called before it
    /// was there, says why the record was not delivered, or hands it over once there is room, and waits for its report.
    ///
    /// - Throws: Why it was not taken, or not delivered; its sender has left then.
    package nonisolated(nonsending) func sendRest(
        of attempt: SendAttempt,
        _ record: KafkaRecord
    ) async throws(KafkaError) -> KafkaDelivery {
        if let reference = attempt.taken {
            defer { pool.give(reference) }
            let pending = reference.takeUnretainedValue()
            if pending.isAlone {
                if lone.isWithinCall { await lone.leaveCall() }
                await pending.waitCalled()
                pending.endCall()
            }
            return try pending.report.delivery(to: record.topic)
        }
        guard let rest = attempt.rest, let send = rest.send.take() else {
            throw attempt.rest?.error ?? record.refusal(RD_KAFKA_RESP_ERR__QUEUE_FULL)
        }
        return try await self.send(record, send, since: rest.seen)
    }

    /// Hands a record over, for a sender that had to wait before it came to that, and waits for its report.
    ///
    /// - Throws: Why it was not taken, or not delivered; its sender has left then.
    package nonisolated(nonsending) func send(
        _ record: KafkaRecord,
        _ send: consuming PreparedSend,
        since seen: Int? = nil
    ) async throws(KafkaError) -> KafkaDelivery {
        let pending = send.pending
        var found = seen
        if found == nil { found = try handOverAtOnce(record, &send) }
        if let found { try await handOver(record, send, since: found) }
        await pending.wait()
        return try pending.report.delivery(to: record.topic)
    }
}
