// SPDX-License-Identifier: Apache-2.0

import MessageTracing
@_spi(Observing) import StitchKafka
import TelemetryAPI

/// A record on its way with its `send` span, which ends on the delivery report.
///
/// `@unchecked Sendable`: the span belongs to who has the record, as all else that `PendingSend` keeps.
final class TracedSend: PendingSend, @unchecked Sendable {
    private var span: OwnedSendSpan?

    init(of record: borrowing KafkaRecord, _ span: consuming OwnedSendSpan) {
        self.span = consume span
        super.init(of: record)
    }

    override func observe(_ message: borrowing ReportedMessage) {
        guard let span = span.take() else { return }
        if let failure = message.failure {
            return span.fail(failure, type: failure.errorType, key: message.key)
        }
        span.end(clock: message.time, key: message.key, latency: { message.latency }) { details in
            message.fill(&details)
        } describe: { details, attributes in
            RecordAttributes.fill(attributes, acknowledged: details)
        }
    }

    override func observeRefusal(_ error: KafkaError, _ record: borrowing KafkaRecord) {
        guard let span = span.take() else { return }
        span.refuse(error, record)
    }
}

/// Records on their way whose spans are no more than numbers, one after the other.
///
/// `@unchecked Sendable`: the span belongs to who has the record, as all else that `PendingSend` keeps.
final class PlainTracedSend: PendingSend, @unchecked Sendable {
    private var send: PlainSend?

    /// Stands for a record from now on, whose span somebody will want to end.
    @inline(__always)
    func begin(_ send: consuming PlainSend) { self.send = consume send }

    override func observe(_ message: borrowing ReportedMessage) {
        guard let send = send.take() else { return }
        if let failure = message.failure { return send.fail(failure, type: failure.errorType, key: message.key) }
        send.end(clock: message.time, key: message.key, latency: { message.latency }) { message.fill(&$0) }
    }

    override func observeRefusal(_ error: KafkaError, _ record: borrowing KafkaRecord) {
        guard let send = send.take() else { return }
        if error.code == .cancelled { return send.withdraw() }
        send.fail(error, type: error.errorType, key: record.key)
    }
}

extension ReportedMessage {
    /// What is known of a record that was acknowledged.
    @inline(__always)
    fileprivate func fill(_ details: inout MessageDetails) {
        details.partition = partition
        // Unknown where the broker had the record from an earlier try.
        if offset >= 0 { details.offset = offset }
        if brokerID >= 0 { details.brokerID = brokerID }
    }
}

extension OwnedSendSpan {
    /// The record was not taken, or its sender's task was cancelled meanwhile, which is no error.
    consuming func refuse(_ error: KafkaError, _ record: borrowing KafkaRecord) {
        if error.code == .cancelled { return withdraw() }
        fail(error, type: error.errorType, key: record.key)
    }
}
