// SPDX-License-Identifier: Apache-2.0

import CStitchRdkafka
import StitchService

extension KafkaError {
    /// What librdkafka or a broker answered.
    ///
    /// - Parameters:
    ///   - native: librdkafka's number for it.
    ///   - attempt: What was attempted, as the beginning of a sentence.
    ///   - detail: What librdkafka adds; its general text for the error if there is nothing.
    ///   - location: Where the error is made.
    init(
        native: rd_kafka_resp_err_t,
        _ attempt: String,
        detail: String? = nil,
        location: SourceLocation = SourceLocation()
    ) {
        let name = ErrorName.ofProtocol(native.name)
        // The text is static.
        let text = detail ?? rd_kafka_err2str(native).map { String(cString: $0) } ?? "unknown error"
        let advice = Self.advice[name].map { ": \($0)" } ?? ""
        self.init(
            Code(name),
            "\(attempt): \(name), \(text)\(advice)",
            isRetryable: ErrorName.isRetryable(name),
            location: location
        )
    }

    private static let advice = [
        "UNKNOWN_TOPIC_OR_PARTITION": "create the topic, or correct its name or partition",
        "MESSAGE_TOO_LARGE": "send less in one record, or raise message.max.bytes here and at the broker",
        "_MSG_TIMED_OUT": "check that the brokers can be reached, or raise deliveryTimeout",
        "_QUEUE_FULL": "raise queue.buffering.max.kbytes",
        "_PURGE_QUEUE": "it was not sent; send it again with a producer that runs",
        "_PURGE_INFLIGHT": "it may have been written; raise drain to wait for the answer",
        "_AUTO_OFFSET_RESET": "reset the group's offsets, or set autoOffsetReset to earliest or latest",
        "TOPIC_AUTHORIZATION_FAILED": "give the user access to the topic",
        "GROUP_AUTHORIZATION_FAILED": "give the user access to the group",
        "INVALID_SESSION_TIMEOUT": "set session.timeout.ms within what the broker allows",
    ]
}

extension rd_kafka_resp_err_t {
    /// librdkafka's short name, such as `_MSG_TIMED_OUT`.
    var name: String {
        // The text is static.
        rd_kafka_err2name(self).map { String(cString: $0) } ?? "UNKNOWN"
    }

    /// Whether it is none.
    var isNone: Bool { self == RD_KAFKA_RESP_ERR_NO_ERROR }
}
