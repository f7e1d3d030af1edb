// SPDX-License-Identifier: Apache-2.0

import MessageTracing
import StitchKafka
import TelemetryData
import TraceContext

/// Puts `process` spans round the work on records.
struct RecordTracing: KafkaRecordProcessor {
    let group: String
    let clientID: String
    let continuation: ContinuationPolicy

    /// One record: a span that continues the record's trace as the policy says.
    func process<Success, Failure: Error>(
        _ record: KafkaConsumedRecord,
        _ body: () async throws(Failure) -> Success
    ) async throws(Failure) -> Success {
        try await ProcessSpan(of: message(record, now: .now), from: target(record.topic), policy: continuation)
            .run(classify: outcome, body)
    }

    /// Several records: a span that starts a trace and links to each record's.
    func process<Success, Failure: Error>(
        _ records: [KafkaConsumedRecord],
        _ body: () async throws(Failure) -> Success
    ) async throws(Failure) -> Success {
        let now = Timestamp.now
        let topic = records.first?.topic
        // Records of several topics have no destination together.
        let target = target(records.allSatisfy { $0.topic == topic } ? topic : nil)
        return try await ProcessSpan(ofBatch: records.map { message($0, now: now) }, from: target)
            .run(classify: outcome, body)
    }

    private func target(_ topic: String?) -> MessageTarget {
        MessageTarget(system: RecordAttributes.system, destination: topic, consumerGroup: group, clientID: clientID)
    }

    private func message(_ record: KafkaConsumedRecord, now: Timestamp) -> ReceivedMessage {
        let created = record.timestamp.milliseconds.map { Timestamp(milliseconds: $0) }
        let (carrier, duplicates) = record.headers.readCarrier()
        var message = ReceivedMessage(
            carrier: carrier,
            created: created,
            wait: created.map { MessageWait(since: $0, now: now) },
            attributes: RecordAttributes.of(record)
        )
        if duplicates > 0 { message.flaws = [.duplicate] }
        message.origin = carrier[StitchField.name].flatMap { StitchField($0).originMilliseconds }
            .map { Timestamp(milliseconds: $0) }
        return message
    }

    /// A handler that was cancelled gives its record back, whatever it throws then: that is no error.
    private func outcome(_ error: some Error) -> ProcessOutcome {
        if Task.isCancelled { return .interrupted }
        guard let error = error as? KafkaError else { return ProcessOutcome(of: error) }
        return error.code == .cancelled ? .interrupted : .failed(errorType: error.errorType)
    }
}
