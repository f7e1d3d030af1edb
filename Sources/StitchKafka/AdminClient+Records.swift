// SPDX-License-Identifier: Apache-2.0

import CStitchRdkafka

extension AdminClient {
    /// Deletes the records of partitions that are before an offset.
    func deleteRecords(before offsets: [KafkaTopicPartition: Int64], _ attempt: String) throws(KafkaError) {
        let list = rd_kafka_topic_partition_list_new(Int32(clamping: offsets.count))
        // Ours; the request copies it.
        defer { rd_kafka_topic_partition_list_destroy(list) }
        for (partition, offset) in offsets {
            // Belongs to the list.
            rd_kafka_topic_partition_list_add(list, partition.topic, partition.partition)?.pointee.offset = offset
        }
        guard let question = rd_kafka_DeleteRecords_new(list) else {
            throw KafkaError(native: RD_KAFKA_RESP_ERR__INVALID_ARG, attempt)
        }
        // Ours; the request copies it.
        defer { rd_kafka_DeleteRecords_destroy(question) }
        try request(RD_KAFKA_ADMIN_OP_DELETERECORDS, attempt) { options, answers in
            var questions: [OpaquePointer?] = [question]
            rd_kafka_DeleteRecords(client, &questions, 1, options, answers)
        } read: { event throws(KafkaError) in
            // All belongs to the event.
            let answer = rd_kafka_event_DeleteRecords_result(event)
            let results = UnsafeMutablePointer(mutating: rd_kafka_DeleteRecords_result_offsets(answer))
            for (partition, _, error) in PartitionList.elements(results) where !error.isNone {
                throw KafkaError(native: error, "\(attempt) (\(partition))")
            }
        }
    }
}
