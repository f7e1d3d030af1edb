// SPDX-License-Identifier: Apache-2.0

import MessageTracing
import StitchKafka
import TelemetryAPI

/// The `send` span of a record, which ends on the delivery report.
struct SendTrace: SendObserver, ~Copyable {
    private var span: OwnedSendSpan

    init(_ span: consuming OwnedSendSpan) { self.span = span }

    consuming func reported(_ message: borrowing ReportedMessage) {
        if let failure = message.failure {
            return span.fail(failure, type: failure.errorType, key: message.key)
        }
        let (partition, offset, brokerID) = (message.partition, message.offset, message.brokerID)
        span.end(clock: message.time, key: message.key, latency: { message.latency }) { details in
            details.partition = partition
            details.offset = offset
            if brokerID >= 0 { details.brokerID = brokerID }
        } describe: { details, attributes in
            RecordAttributes.fill(attributes, acknowledged: details)
        }
    }

    consuming func refused(_ error: KafkaError, _ record: borrowing KafkaRecord) {
        // Who withdraws a record has no error.
        if error.code == .cancelled { return span.end() }
        span.fail(error, type: error.errorType, key: record.key)
    }
}
