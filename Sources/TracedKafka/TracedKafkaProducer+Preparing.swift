// SPDX-License-Identifier: Apache-2.0

import MessageTracing
@_spi(Observing) import StitchKafka
import TelemetryAPI
import TelemetryData
import TraceContext

/// How a record gets its span, and how one that is refused leaves one.
extension TracedKafkaProducer {
    /// What is needed to hand a record over, its span with it, by a sender that has entered, and has left when this throws.
    @inline(__always)
    func prepare(
        _ record: borrowing KafkaRecord,
        _ entry: SendEntry,
        _ wish: StitchField.Wish?,
        since time: Timestamp? = nil
    ) throws(KafkaError) -> PreparedSend {
        let topic: FoundTopic
        do throws(KafkaError) {
            topic = try loop.topic(of: record, entry)
        } catch {
            refuse(copy record, wish, since: time, error)
            throw error
        }
        let incoming = record.headers.isEmpty ? nil : record.headers.incoming
        // A topic that the client keeps outlives all reports.
        if topic.own == nil, wish == nil, incoming == nil, time == nil, let target = topic.lentTarget,
            let prepared = plain(record, entry, topic, target)
        {
            return prepared
        }
        var origin = OwnedSendSpan.Origin.none
        let span = span(of: record, to: topic.target, wish, incoming, since: time, &origin)
        let headers = NativeHeaders(record.headers, span, origin, incoming)
        if span.isIdle { return PreparedSend(entry, to: topic, headers, PendingSend(of: record)) }
        return PreparedSend(entry, to: topic, headers, TracedSend(of: record, span))
    }

    /// A record whose span is no more than numbers; `nil` where it has to be more.
    @inline(__always)
    private func plain(
        _ record: borrowing KafkaRecord,
        _ entry: SendEntry,
        _ topic: FoundTopic,
        _ target: Unmanaged<MessageTarget>
    ) -> PreparedSend? {
        var isTombstone = false
        if case .none = record.payload { isTombstone = true }
        var origin: Timestamp?
        var sent: PlainSend?
        target._withUnsafeGuaranteedRef {
            sent = PlainSend(to: $0, partition: record.partition, isTombstone: isTombstone, origin: &origin)
        }
        guard let send = sent.take() else { return nil }
        let pending = loop.reusedSend(PlainTracedSend.self) ?? PlainTracedSend()
        pending.keepValue(of: record)
        let headers =
            record.headers.isEmpty
            ? pending.headers { send.writeFields(origin: origin, $0) }
            : NativeHeaders(record.headers, send, origin: origin)
        if !send.isIdle { pending.begin(send) }
        return PreparedSend(entry, to: topic, headers, pending)
    }

    @inline(__always)
    private func span(
        of record: borrowing KafkaRecord,
        to target: MessageTarget,
        _ wish: StitchField.Wish?,
        _ incoming: ContextCarrier?,
        since time: Timestamp?,
        _ origin: inout OwnedSendSpan.Origin
    ) -> OwnedSendSpan {
        OwnedSendSpan(
            to: target,
            wish: wish,
            incoming: incoming,
            details: RecordAttributes.details(of: record),
            at: time,
            &origin
        ) { RecordAttributes.fill(&$0, record) }
    }

    /// Hands a record over for a sender that waits.
    @inline(__always)
    func handOver(
        _ record: borrowing KafkaRecord,
        _ wish: StitchField.Wish?,
        _ attempt: inout SendAttempt,
        resuming sender: UnsafeContinuation<Void, Never>
    ) {
        loop.handOver(record, &attempt, resuming: sender) { record, entry throws(KafkaError) in
            try prepare(record, entry, wish)
        }
    }

    /// What is left to do for a record that wasn't delivered.
    @inline(never)
    nonisolated(nonsending) func sendRest(
        of attempt: SendAttempt,
        _ record: KafkaRecord,
        _ wish: StitchField.Wish?
    ) async throws(KafkaError) -> KafkaDelivery {
        if attempt.isMade { return try await loop.sendRest(of: attempt, record) }
        let (entry, since) = try await enterInTurn(record, wish)
        return try await loop.send(record, prepare(record, entry, wish, since: since))
    }

    /// Lets a sender in, once it is its turn; the span of one that had to wait begins with the wait.
    @inline(never)
    nonisolated(nonsending) func enterInTurn(
        _ record: KafkaRecord,
        _ wish: StitchField.Wish?
    ) async throws(KafkaError) -> (SendEntry, since: Timestamp) {
        let start = Timestamp.now
        do throws(KafkaError) {
            return (try await loop.enterInTurn(for: record), start)
        } catch {
            refuse(record, wish, since: start, error)
            throw error
        }
    }

    /// Leaves the span of a record that was never handed over.
    @inline(never)
    func refuse(_ record: KafkaRecord, _ wish: StitchField.Wish?, since time: Timestamp?, _ error: KafkaError) {
        var origin = OwnedSendSpan.Origin.none
        span(of: record, to: targets[record.topic], wish, nil, since: time, &origin).refuse(error, record)
    }
}
