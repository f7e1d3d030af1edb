// SPDX-License-Identifier: Apache-2.0

import CStitchRdkafka

extension [UInt8]? {
    /// The bytes as librdkafka takes them: no pointer for none, some pointer for empty.
    func withBytes<Result>(_ body: (UnsafeRawPointer?, Int) -> Result) -> Result {
        guard let bytes = self else { return body(nil, 0) }
        return bytes.withUnsafeBytes { buffer in
            guard let start = buffer.baseAddress, !buffer.isEmpty else {
                return withUnsafePointer(to: UInt8(0)) { body($0, 0) }
            }
            return body(start, buffer.count)
        }
    }

    /// A copy of bytes that librdkafka owns.
    init(copying start: UnsafeRawPointer?, count: Int) {
        self = start.map { Array(UnsafeRawBufferPointer(start: $0, count: count)) }
    }
}

extension KafkaTimestamp {
    /// The timestamp of a message or of its report.
    init(of message: UnsafePointer<rd_kafka_message_t>) {
        var type = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE
        let milliseconds = rd_kafka_message_timestamp(message, &type)
        self.init(milliseconds: milliseconds, type)
    }

    /// A timestamp as librdkafka says it.
    init(milliseconds: Int64, _ type: rd_kafka_timestamp_type_t) {
        switch type {
        case RD_KAFKA_TIMESTAMP_CREATE_TIME: self = .createTime(milliseconds: milliseconds)
        case RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME: self = .logAppendTime(milliseconds: milliseconds)
        default: self = .unavailable
        }
    }
}
