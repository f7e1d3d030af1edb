// SPDX-License-Identifier: Apache-2.0

import MessageTracing
import StitchKafka
import TelemetryData
import TraceContext

/// Puts `send` spans round the moves of records to retry and dead topics, and back.
///
/// A span links to what created the record and to the failed try; the record goes on carrying its creation.
struct MoveTracing: MoveObserver {
    private let targets: MessageTargets

    init(clientID: String) {
        targets = MessageTargets { topic in
            MessageTarget(system: RecordAttributes.system, destination: topic, clientID: clientID)
        }
    }

    func begin(
        _ move: RecordMove,
        after attempt: (any Sendable)?
    ) -> @Sendable (Result<KafkaDelivery, KafkaError>) -> Void {
        // Of what this process has tried the move is a part; what it has only read of is linked.
        let own = (attempt as? SpanContext).flatMap { $0.isValid ? $0 : nil }
        let span = SendSpan(
            passingOn: move.record.readCarrier().carrier,
            to: targets[move.topic],
            attempt: own ?? move.moved?.previous,
            parent: own
        ) { attributes in
            RecordAttributes.fill(&attributes, moving: move)
        }
        return { result in
            switch result {
            case .success(let delivery):
                span.end(partition: String(delivery.partition)) { attributes in
                    RecordAttributes.fill(attributes, delivery)
                }
            // Who withdraws a record has no error.
            case .failure(let error) where error.code == .cancelled: span.withdraw()
            case .failure(let error): span.fail(error, type: error.errorType)
            }
        }
    }
}
