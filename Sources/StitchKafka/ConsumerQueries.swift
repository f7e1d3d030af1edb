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
        if partitions.isEmpty { return .success([:]) }
        return ask(.coordinator).answer { timeout in
            PartitionList.with(partitions.map { ($0, 0) }) { list in
                // The list stays ours; the answers are put into it.
                let code = rd_kafka_committed(handle.client, list, timeout)
                return Self.offsets(code, list, "Asking where the group goes on failed")
            }
        }
    }

    /// The first records from a time on.
    func offsets(at milliseconds: Int64, of partitions: [KafkaTopicPartition]) -> Result<Offsets, KafkaError> {
        // librdkafka takes none for a mistake.
        if partitions.isEmpty { return .success([:]) }
        return ask(.leaders).answer { timeout in
            PartitionList.with(partitions.map { ($0, milliseconds) }) { list in
                // The list stays ours; the answers are put into it.
                let code = rd_kafka_offsets_for_times(handle.client, list, timeout)
                // No record as late as that: the end.
                return Self.offsets(code, list, "Asking for offsets by time failed") { [self] partition in
                    watermarks(of: partition).map { $0.end }
                }
            }
        }
    }

    /// The first offset of a partition, and the one behind its last.
    func watermarks(of partition: KafkaTopicPartition) -> Result<(first: Int64, end: Int64), KafkaError> {
        ask(.leaders).answer { timeout in
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

    private func ask(_ respondent: BrokerQueries.Respondent) -> BrokerQueries {
        BrokerQueries(respondent: respondent, client: handle.client, timeoutMilliseconds: Self.answerMilliseconds)
    }

    /// Goes on elsewhere.
    ///
    /// librdkafka 2.0.2 takes the time that it may wait for microseconds: who is told that it was too long asks again. And
    /// as long as it finds out where a partition begins that it was just assigned, or is about to stop, it refuses: it is
    /// asked again after a moment, since it doesn't tell when that is over.
    ///
    /// - Parameters:
    ///   - partition: The partition.
    ///   - offset: Where to.
    ///   - isWanted: Whether to go on asking.
    /// - Returns: Why it can't be done; `nil` when it is.
    func seek(_ partition: KafkaTopicPartition, to offset: Int64, while isWanted: () -> Bool) -> KafkaError? {
        let deadline = ContinuousClock.now + .milliseconds(Self.answerMilliseconds)
        while true {
            let result = seekOnce(partition, to: offset)
            if result.isNone { return nil }
            let isUnready = [RD_KAFKA_RESP_ERR__STATE, RD_KAFKA_RESP_ERR__PREV_IN_PROGRESS].contains(result)
            guard isUnready || result == RD_KAFKA_RESP_ERR__TIMED_OUT, ContinuousClock.now < deadline, isWanted() else {
                return KafkaError(native: result, "Going on elsewhere in \(partition) failed")
            }
            if isUnready { Thread.sleep(forTimeInterval: 0.01) }
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
        unknown: (KafkaTopicPartition) -> Result<Int64?, KafkaError> = { _ in .success(nil) }
    ) -> Result<Offsets, KafkaError> {
        guard code.isNone else { return .failure(KafkaError(native: code, attempt)) }
        var offsets: Offsets = [:]
        for (partition, offset, error) in PartitionList.elements(list) {
            guard error.isNone else { return .failure(KafkaError(native: error, "\(attempt) for \(partition)")) }
            switch offset >= 0 ? .success(offset) : unknown(partition) {
            case .success(let offset): offsets[partition] = offset
            case .failure(let error): return .failure(error)
            }
        }
        return .success(offsets)
    }
}
