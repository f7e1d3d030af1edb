// SPDX-License-Identifier: Apache-2.0

import MessageTracing
import StitchKafka
import TelemetryData
import TraceContext

/// Puts `process` spans round the work on records.
struct RecordTracing: KafkaRecordProcessor {
    private let continuation: ContinuationPolicy
    private let targets: MessageTargets
    private let severalTopics: MessageTarget

    init(group: String, clientID: String, continuation: ContinuationPolicy, baggage: BaggagePolicy, external: Bool) {
        self.continuation = continuation
        @Sendable func target(_ topic: String?) -> MessageTarget {
            MessageTarget(
                system: RecordAttributes.system,
                destination: topic,
                consumerGroup: group,
                clientID: clientID,
                baggage: baggage,
                external: external
            )
        }
        targets = MessageTargets { target($0) }
        severalTopics = target(nil)
    }

    /// One record: a span that continues the record's trace as the policy says.
    func process<Success, Failure: Error>(
        _ record: KafkaConsumedRecord,
        _ body: () async throws(Failure) -> Success
    ) async throws(Failure) -> Success {
        let (carrier, duplicates) = record.headers.readCarrier()
        return try await ProcessSpan(of: carrier, from: targets[record.topic], policy: continuation) { message in
            fill(&message, record, duplicates, now: .now)
        }
        .run(classify: outcome, body)
    }

    /// Several records: a span that starts a trace and links to each record's.
    func process<Success, Failure: Error>(
        _ records: [KafkaConsumedRecord],
        _ body: () async throws(Failure) -> Success
    ) async throws(Failure) -> Success {
        // Records of several topics have no destination together.
        let topic = records.first?.topic
        let isSameTopic = records.allSatisfy { $0.topic == topic }
        let target = topic.flatMap { isSameTopic ? targets[$0] : nil } ?? severalTopics
        return try await ProcessSpan(ofBatch: messages(records, saysTopic: !isSameTopic), from: target)
            .run(classify: outcome, body)
    }

    private func messages(_ records: [KafkaConsumedRecord], saysTopic: Bool) -> [ReceivedMessage] {
        let now = Timestamp.now
        return records.map { record in
            let (carrier, duplicates) = record.headers.readCarrier()
            var message = ReceivedMessage(carrier: carrier)
            fill(&message, record, duplicates, now: now)
            if saysTopic { message.attributes[MessagingConventions.Attribute.destinationName] = .string(record.topic) }
            return message
        }
    }

    private func fill(
        _ message: inout ReceivedMessage,
        _ record: KafkaConsumedRecord,
        _ duplicates: Int,
        now: Timestamp
    ) {
        message.created = record.timestamp.milliseconds.map { Timestamp(milliseconds: $0) }
        message.wait = message.created.map { MessageWait(since: $0, now: now) }
        message.attributes = RecordAttributes.of(record)
        if duplicates > 0 { message.flaws = [.duplicate] }
    }

    /// A handler that was cancelled gives its record back, whatever it throws then: that is no error.
    private func outcome(_ error: some Error) -> ProcessOutcome {
        if Task.isCancelled { return .interrupted }
        guard let error = error as? KafkaError else { return ProcessOutcome(of: error) }
        return error.code == .cancelled ? .interrupted : .failed(errorType: error.errorType)
    }
}
