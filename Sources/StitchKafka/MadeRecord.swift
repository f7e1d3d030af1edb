// SPDX-License-Identifier: Apache-2.0

/// What a record has that no broker sent.
struct MadeRecord: Sendable {
    // Boxed, so that a record that was fetched, which is what there usually is, stays two words.
    private final class Contents: Sendable {
        let place: KafkaTopicPartition
        let offset: Int64
        let key: [UInt8]?
        let value: [UInt8]?
        let headers: KafkaHeaders
        let timestamp: KafkaTimestamp

        init(
            _ place: KafkaTopicPartition,
            _ offset: Int64,
            _ key: [UInt8]?,
            _ value: [UInt8]?,
            _ headers: KafkaHeaders,
            _ timestamp: KafkaTimestamp
        ) {
            self.place = place
            self.offset = offset
            self.key = key
            self.value = value
            self.headers = headers
            self.timestamp = timestamp
        }
    }

    private let contents: Contents

    init(
        place: KafkaTopicPartition,
        offset: Int64,
        key: [UInt8]?,
        value: [UInt8]?,
        headers: KafkaHeaders,
        timestamp: KafkaTimestamp
    ) {
        contents = Contents(place, offset, key, value, headers, timestamp)
    }

    var place: KafkaTopicPartition { contents.place }
    var offset: Int64 { contents.offset }
    var key: [UInt8]? { contents.key }
    var value: [UInt8]? { contents.value }
    var headers: KafkaHeaders { contents.headers }
    var timestamp: KafkaTimestamp { contents.timestamp }
}
