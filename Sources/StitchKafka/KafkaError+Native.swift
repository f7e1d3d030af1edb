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
    ///   - trouble: What stands behind it, where that is known.
    ///   - location: Where the error is made.
    init(
        native: rd_kafka_resp_err_t,
        _ attempt: String,
        detail: String? = nil,
        behind trouble: BrokerTrouble? = nil,
        location: SourceLocation = SourceLocation()
    ) {
        let name = native.protocolName
        // The text is static.
        var text = detail ?? rd_kafka_err2str(native).map { String(cString: $0) } ?? "unknown error"
        var advice = Self.advice.advice(on: name, text).map { ": \($0)" } ?? ""
        if let trouble {
            text += "; a broker's last trouble, \(trouble.age.components.seconds) s before: \(trouble.text)"
            advice = Self.advice.advice(on: trouble.errorName, trouble.text).map { ": \($0)" } ?? advice
        }
        self.init(
            Code(name),
            "\(attempt): \(name), \(text)\(advice)",
            isRetryable: ErrorName.isRetryable(name),
            location: location
        )
        isFatal = ErrorName.isFatal(name)
    }

    private static let advice = ErrorAdvice(version: NativeVersion(number: rd_kafka_version()))
}

extension rd_kafka_resp_err_t {
    /// librdkafka's short name, such as `_MSG_TIMED_OUT`.
    var name: String {
        // The text is static.
        rd_kafka_err2name(self).map { String(cString: $0) } ?? "UNKNOWN"
    }

    /// The protocol's name, such as `MESSAGE_TOO_LARGE`; librdkafka's for its own errors.
    var protocolName: String { ErrorName.ofProtocol(name, code: rawValue) }

    /// Whether it is none.
    var isNone: Bool { self == RD_KAFKA_RESP_ERR_NO_ERROR }
}
