// SPDX-License-Identifier: Apache-2.0

import CStitchRdkafka
package import TraceContext

extension KafkaConsumedRecord {
    /// What its headers say of how it was moved; `nil` for one that wasn't, or that only has the headers of another.
    package var moved: MovedRecord? {
        guard let moved = movedFields else { return nil }
        return moved.isOwn(in: topic) ? moved : nil
    }

    /// What its headers say of how it was moved, wherever it is.
    package var movedFields: MovedRecord? {
        switch source {
        case .fetched(let batch, let message):
            return batch.withHeaders(message) { list in
                // Most records have none, and then it costs no more than this.
                guard let list, Self.field(MovedRecord.FieldName.source, list) != nil else { return nil }
                return MovedRecord { Self.field($0, list) }
            }
        case .made(let record): return MovedRecord { record.headers.text($0) }
        }
    }

    /// The text of the last header of that name.
    private static func field(_ name: String, _ list: OpaquePointer) -> String? {
        var value: UnsafeRawPointer?
        var count = 0
        // It belongs to the list.
        guard rd_kafka_header_get_last(list, name, &value, &count).isNone, let value else { return nil }
        return String(validating: UnsafeRawBufferPointer(start: value, count: count), as: UTF8.self)
    }

    /// Where it is, as the place that it was first in.
    package var ownSource: MovedRecord.Source {
        MovedRecord.Source(
            topic: topic,
            partition: partition,
            offset: offset,
            timestamp: timestamp.milliseconds ?? -1
        )
    }
}
