// SPDX-License-Identifier: Apache-2.0

import MessageTracing
import StitchKafka
import TraceContext

/// The spans of records that are sent by one call: a `create` span for each, and the `send` span that links to them.
struct BatchTrace: Sendable {
    private let records: [KafkaRecord]
    private let incoming: [ContextCarrier?]
    private let span: BatchSendSpan

    /// - Parameters:
    ///   - records: The records, at least one.
    ///   - targets: What the spans of a topic's records have in common.
    ///   - severalTopics: What those of records for several topics have in common.
    ///   - createSpans: Whether each record gets a span of its own.
    init(
        of records: [KafkaRecord],
        _ targets: MessageTargets,
        severalTopics: MessageTarget,
        createSpans: Bool
    ) {
        self.records = records
        let incoming = records.map { $0.headers.isEmpty ? nil : $0.headers.incoming }
        self.incoming = incoming
        let first = records.first?.topic ?? ""
        let isSameTopic = records.allSatisfy { $0.topic == first }
        let target = isSameTopic ? targets[first] : severalTopics
        let messages = zip(records, incoming).map { record, incoming in
            OutgoingMessage(
                target: isSameTopic ? target : targets[record.topic],
                incoming: incoming ?? ContextCarrier(),
                attributes: createSpans ? RecordAttributes.of(record) : [:]
            )
        }
        span = BatchSendSpan(of: messages, to: target, createSpans: createSpans)
    }

    /// The headers of a record, with what its span has it carry in place of all that it carries so far.
    func headers(of index: Int) -> NativeHeaders {
        var headers = records[index].headers
        headers.write(span.carriers[index], inPlaceOf: incoming[index] ?? ContextCarrier())
        return NativeHeaders(headers)
    }

    /// All is known.
    func end(_ deliveries: KafkaDeliveries) {
        // Who withdraws records has no error.
        let withdrawn = deliveries.failures.filter { $0.error.code == .cancelled }.map(\.index)
        span.end(
            failures: deliveries.failures.filter { $0.error.code != .cancelled }.map { failure in
                BatchSendSpan.Failure(index: failure.index, error: failure.error, type: failure.error.errorType)
            },
            withdrawn: Set(withdrawn)
        )
    }
}
