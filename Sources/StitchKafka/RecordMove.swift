// SPDX-License-Identifier: Apache-2.0

package import TraceContext

/// A record that goes to another topic.
package struct RecordMove: Sendable {
    /// The record as it was received.
    package let record: KafkaConsumedRecord

    /// The topic that it goes to.
    package let topic: String

    /// What it says there of how it got there; `nil` for nothing new.
    package let moved: MovedRecord?

    /// The partition that it goes to; `nil` lets its key decide.
    package let partition: Int32?

    package init(_ record: KafkaConsumedRecord, to topic: String, partition: Int32? = nil, saying moved: MovedRecord?) {
        self.record = record
        self.topic = topic
        self.partition = partition
        self.moved = moved
    }

    /// The record to be sent: the same to the byte, but for what it says of how it got there.
    ///
    /// Its context, which it was created with, is never touched.
    package var sent: KafkaRecord {
        var headers = record.headers
        if let moved {
            for name in MovedRecord.FieldName.all { headers.remove(name) }
            for field in moved.fields { headers.append(field.name, field.value) }
        }
        return KafkaRecord(
            topic: topic,
            key: record.key,
            value: record.value,
            headers: headers,
            partition: partition
        )
    }
}

/// What a traced consumer puts round the move of a record.
package protocol MoveObserver: Sendable {
    /// A record is about to be sent.
    ///
    /// - Parameters:
    ///   - move: The record.
    ///   - attempt: What the failed try left in its `RecordTrace`.
    /// - Returns: What is called when the broker has answered.
    func begin(
        _ move: RecordMove,
        after attempt: (any Sendable)?
    ) -> @Sendable (Result<KafkaDelivery, KafkaError>) -> Void
}

/// Why a record was not moved, for which the consumer stops.
struct RecordMoveFailure: Error {
    let record: KafkaConsumedRecord
    let error: KafkaError
}
