// SPDX-License-Identifier: Apache-2.0

import CStitchRdkafka
import Foundation

/// What a consumer asks brokers, and waits for.
///
/// All of it blocks: called on a queue that may, by who holds the client.
extension ConsumerClient {
    typealias Offsets = [KafkaTopicPartition: Int64]

    /// Where the group goes on.
    func committed(_ partitions: [KafkaTopicPartition]) -> Result<Offsets, KafkaError> {
        PartitionList.with(partitions.map { ($0, 0) }) { list in
            // The list stays ours; the answers are put into it.
            let code = rd_kafka_committed(handle.client, list, Self.answerMilliseconds)
            return Self.offsets(code, list, "Asking where the group goes on failed")
        }
    }

    /// The first records from a time on.
    func offsets(at milliseconds: Int64, of partitions: [KafkaTopicPartition]) -> Result<Offsets, KafkaError> {
        leaders.answer { timeout in
            PartitionList.with(partitions.map { ($0, milliseconds) }) { list in
                // The list stays ours; the answers are put into it.
                let code = rd_kafka_offsets_for_times(handle.client, list, timeout)
                // No record as late as that: the end.
                return Self.offsets(code, list, "Asking for offsets by time failed") { [self] partition in
                    (try? watermarks(of: partition).get())?.end
                }
            }
        }
    }

    /// The first offset of a partition, and the one behind its last.
    func watermarks(of partition: KafkaTopicPartition) -> Result<(first: Int64, end: Int64), KafkaError> {
        leaders.answer { timeout in
            var (first, end): (Int64, Int64) = (-1, -1)
            let code = rd_kafka_query_watermark_offsets(
                handle.client,
                partition.topic,
                partition.partition,
                &first,
                &end,
                timeout
            )
            guard code.isNone else {
                let attempt = "Asking for the first and the last offset of \(partition) failed"
                return .failure(KafkaError(native: code, attempt))
            }
            return .success((first, end))
        }
    }

    private var leaders: LeaderQueries {
        LeaderQueries(client: handle.client, timeoutMilliseconds: Self.answerMilliseconds)
    }

    /// Goes on elsewhere.
    ///
    /// librdkafka 2.0.2 takes the time that it may wait for microseconds: who is told that it was too long asks again.
    func seek(_ partition: KafkaTopicPartition, to offset: Int64) -> KafkaError? {
        let deadline = ContinuousClock.now + .milliseconds(Self.answerMilliseconds)
        while true {
            let result = seekOnce(partition, to: offset)
            if result.isNone { return nil }
            guard result == RD_KAFKA_RESP_ERR__TIMED_OUT, ContinuousClock.now < deadline else {
                return KafkaError(native: result, "Going on elsewhere in \(partition) failed")
            }
        }
    }

    private func seekOnce(_ partition: KafkaTopicPartition, to offset: Int64) -> rd_kafka_resp_err_t {
        PartitionList.with([(partition, offset)]) { list in
            // The list stays ours; the answers are put into it.
            let code = Self.take(rd_kafka_seek_partitions(handle.client, list, Self.answerMilliseconds))
            return code.isNone ? PartitionList.elements(list).first?.error ?? code : code
        }
    }

    private static func offsets(
        _ code: rd_kafka_resp_err_t,
        _ list: PartitionList.List?,
        _ attempt: String,
        unknown: (KafkaTopicPartition) -> Int64? = { _ in nil }
    ) -> Result<Offsets, KafkaError> {
        guard code.isNone else { return .failure(KafkaError(native: code, attempt)) }
        var offsets: Offsets = [:]
        for (partition, offset, error) in PartitionList.elements(list) {
            guard error.isNone else { return .failure(KafkaError(native: error, "\(attempt) for \(partition)")) }
            if let offset = offset >= 0 ? offset : unknown(partition) { offsets[partition] = offset }
        }
        return .success(offsets)
    }
}
