// SPDX-License-Identifier: Apache-2.0

import CStitchRdkafka

/// A record that was fetched, where librdkafka has it: for who reads much of many, and would count references for each.
///
/// Valid as long as the record that it is of.
package struct RecordView {
    private let batch: Unmanaged<ConsumedBatch>
    private let message: ConsumedBatch.Message

    fileprivate init(_ batch: ConsumedBatch, _ message: ConsumedBatch.Message) {
        self.batch = .passUnretained(batch)
        self.message = message
    }

    /// Shows the headers to `body`, which must not keep them and isn't called where there are none.
    ///
    /// Returns nothing, since what is generic costs other modules more than all that is done here.
    package func withHeaders(_ body: (NativeHeaderSequence) -> Void) {
        batch._withUnsafeGuaranteedRef { batch in
            batch.withHeaders(message) { if let list = $0 { body(NativeHeaderSequence(list)) } }
        }
    }

    /// The key; `nil` for none.
    package var key: UnsafeRawBufferPointer? {
        message.pointee.key.map { UnsafeRawBufferPointer(start: $0, count: message.pointee.key_len) }
    }

    /// Whether the record has no value.
    package var isTombstone: Bool { message.pointee.payload == nil }

    /// The record's partition.
    package var partition: Int32 { message.pointee.partition }

    /// The record's offset.
    package var offset: Int64 { message.pointee.offset }

    /// The record's timestamp.
    package var timestamp: KafkaTimestamp { KafkaTimestamp(of: message) }

    /// How many records of the partition came after it, as ``KafkaConsumedRecord/lag`` says.
    package var lag: Int64? {
        let end = batch._withUnsafeGuaranteedRef { $0.end }
        return end > offset ? end - offset - 1 : nil
    }

    /// What the consumer's observer keeps for the record's topic; `nil` where nobody observes the consumer.
    package var companion: Unmanaged<AnyObject>? {
        batch._withUnsafeGuaranteedRef { $0.companion.map { .passUnretained($0) } }
    }
}

extension KafkaConsumedRecord {
    /// The record where librdkafka has it; `nil` for one that was made.
    package var view: RecordView? {
        guard case .fetched(let batch, let message) = source else { return nil }
        return RecordView(batch, message)
    }
}
