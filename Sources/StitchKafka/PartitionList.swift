// SPDX-License-Identifier: Apache-2.0

import CStitchRdkafka

/// librdkafka's lists of partitions.
enum PartitionList {
    typealias List = UnsafeMutablePointer<rd_kafka_topic_partition_list_t>

    /// Calls `body` with a list that is made for the call.
    ///
    /// A fresh list each time: an element remembers the partition that it was used for. And none outlives the call: a
    /// client can't be destroyed while one lives.
    static func with<Result>(_ offsets: [(KafkaTopicPartition, Int64)], _ body: (List?) -> Result) -> Result {
        // Ours.
        let list = rd_kafka_topic_partition_list_new(Int32(clamping: offsets.count))
        defer { rd_kafka_topic_partition_list_destroy(list) }
        add(offsets, to: list)
        return body(list)
    }

    /// What a list has.
    static func elements(_ list: List?) -> [(KafkaTopicPartition, offset: Int64, error: rd_kafka_resp_err_t)] {
        (0..<Int(list?.pointee.cnt ?? 0)).compactMap { index in
            guard let element = list?.pointee.elems[index], let topic = element.topic else { return nil }
            return (
                KafkaTopicPartition(topic: String(cString: topic), partition: element.partition), element.offset,
                element.err
            )
        }
    }

    /// Changes what a list has.
    static func change(_ list: List?, _ body: (inout rd_kafka_topic_partition_t) -> Void) {
        for index in 0..<Int(list?.pointee.cnt ?? 0) {
            if let element = list?.pointee.elems.advanced(by: index) { body(&element.pointee) }
        }
    }

    /// Adds partitions to a list.
    static func add(_ offsets: [(KafkaTopicPartition, Int64)], to list: List?) {
        for (partition, offset) in offsets {
            // Belongs to the list.
            let element = rd_kafka_topic_partition_list_add(list, partition.topic, partition.partition)
            element?.pointee.offset = offset
        }
    }

    static func partitions(_ list: List?) -> [KafkaTopicPartition] { elements(list).map(\.0) }
}
