// SPDX-License-Identifier: Apache-2.0

import CStitchRdkafka
import Foundation

/// Where a consumer begins in partitions that it is given: where its group goes on.
///
/// librdkafka asks that by itself, but once: where the coordinator of the group has just moved, or isn't ready, nobody reads
/// the partition until the next rebalance. So it is asked here, until there is an answer (decision 0017).
extension ConsumerClient {
    /// What stands for the place where a group goes on that has committed nothing; `nil` leaves it to librdkafka.
    static func start(without reset: KafkaConfiguration.OffsetReset) -> Int64? {
        switch reset {
        case .earliest: Int64(RD_KAFKA_OFFSET_BEGINNING)
        case .latest: Int64(RD_KAFKA_OFFSET_END)
        case .error: nil
        }
    }

    /// Puts the offsets where the group goes on into a list.
    ///
    /// Blocks, and keeps the consumer in its group meanwhile. Gives up on an error that stays: then librdkafka meets it too.
    ///
    /// - Parameters:
    ///   - list: The partitions.
    ///   - reset: What is put in where nothing is committed.
    ///   - isWanted: Whether to go on asking.
    ///   - told: Is told of each refusal, and of the answer that came after one.
    func fillIn(
        _ list: PartitionList.List?,
        orElse reset: Int64?,
        while isWanted: () -> Bool,
        told: (Event) -> Void
    ) {
        guard let list, list.pointee.cnt > 0 else { return }
        var wasRefused = false
        var pause = 0.05
        while isWanted(), rd_kafka_assignment_lost(handle.client) == 0 {
            // The list stays whose it is; the answers are put into it, with the epochs that they have.
            let whole = rd_kafka_committed(handle.client, list, Self.answerMilliseconds)
            let code = whole.isNone ? PartitionList.elements(list).first { !$0.error.isNone }?.error ?? whole : whole
            PartitionList.change(list) { element in
                if !code.isNone {
                    element.offset = Int64(RD_KAFKA_OFFSET_INVALID)
                } else if element.offset < 0 {
                    element.offset = reset ?? element.offset
                }
                element.err = RD_KAFKA_RESP_ERR_NO_ERROR
            }
            if code.isNone { return wasRefused ? told(.answered) : () }
            wasRefused = true
            told(.error(code, "asked where the group goes on"))
            guard KafkaError(native: code, "").isRetryable else { return }
            touch()
            Thread.sleep(forTimeInterval: pause)
            pause = min(2 * pause, 1)
        }
    }
}
