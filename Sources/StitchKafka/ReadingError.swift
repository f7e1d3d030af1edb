// SPDX-License-Identifier: Apache-2.0

import CStitchRdkafka

/// What goes wrong with the reading of a partition, and whether it passes.
///
/// Pure.
enum ReadingError {
    /// What librdkafka gave out in place of a record.
    ///
    /// - Parameters:
    ///   - code: What went wrong.
    ///   - text: What librdkafka says of it.
    ///   - partition: Where.
    ///   - offset: At which offset, if that is known; else less than 0.
    /// - Returns: The error, with what to do about it.
    static func error(
        _ code: rd_kafka_resp_err_t,
        _ text: String?,
        in partition: KafkaTopicPartition,
        at offset: Int64
    ) -> KafkaError {
        let place = offset >= 0 ? " at the offset \(offset)" : ""
        var error = KafkaError(native: code, "The partition \(partition) could not be read\(place)", detail: text)
        if let advice = advice[error.errorType] { error.message += ": \(advice)" }
        return error
    }

    /// Whether a consumer that meets the error can't go on: trying again gives the same, or what comes next leaves out records
    /// that nobody has seen.
    static func stops(_ name: String) -> Bool { advice[name] != nil || ErrorName.stopsConsumer(name) }

    private static let damaged =
        "the records there are damaged at the broker; restore them, or have the group go on behind them "
        + "(`kafka-consumer-groups --reset-offsets`, or a seek)"

    private static let advice = [
        "_BAD_MSG": damaged,
        "_BAD_COMPRESSION": damaged,
        "_NOT_IMPLEMENTED":
            "the records there are compressed or written in a way that this librdkafka was not built for; run with one that "
            + "was, or have the topic written otherwise",
    ]
}
