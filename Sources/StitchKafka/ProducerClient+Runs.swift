// SPDX-License-Identifier: Apache-2.0

import CStitchRdkafka

extension ProducerClient {
    /// Puts records of a run into the local queue.
    ///
    /// - Parameters:
    ///   - records: All records.
    ///   - range: Those of the run.
    ///   - topic: Their topic.
    ///   - opaque: What comes back to `serve` with the report of a record; taken without an error.
    ///   - result: Is told of each record, in their order, whether it was taken. Where one finds no room, none behind it does.
    func produce(
        _ records: [KafkaRecord],
        _ range: Range<Int>,
        to topic: FoundTopic,
        _ opaque: (Int) -> UnsafeMutableRawPointer,
        _ result: (Int, rd_kafka_resp_err_t) -> Void
    ) {
        withUnsafeTemporaryAllocation(of: rd_kafka_message_t.self, capacity: range.count) { messages in
            // The key decides, and partition -1 says so.
            messages.initialize(repeating: rd_kafka_message_t())
            for index in range { messages[index - range.lowerBound]._private = opaque(index) }
            // Keys are copied, and values unless what `opaque` stands for keeps them.
            let flags = records[range.lowerBound].isBuffer ? 0 : RD_KAFKA_MSG_F_COPY
            lend(records[range], to: messages[...]) {
                _ = rd_kafka_produce_batch(topic.handle, -1, flags, messages.baseAddress, Int32(messages.count))
            }
            for index in range { result(index, messages[index - range.lowerBound].err) }
        }
    }

    /// Has messages point to the bytes of records while `body` runs.
    private func lend(
        _ records: ArraySlice<KafkaRecord>,
        to messages: Slice<UnsafeMutableBufferPointer<rd_kafka_message_t>>,
        _ body: () -> Void
    ) {
        guard let record = records.first else { return body() }
        record.key.withBytes { key, keyCount in
            record.payload.withBytes { value, valueCount in
                var messages = messages
                messages[messages.startIndex].key = UnsafeMutableRawPointer(mutating: key)
                messages[messages.startIndex].key_len = keyCount
                messages[messages.startIndex].payload = UnsafeMutableRawPointer(mutating: value)
                messages[messages.startIndex].len = valueCount
                lend(records.dropFirst(), to: messages.dropFirst(), body)
            }
        }
    }
}
