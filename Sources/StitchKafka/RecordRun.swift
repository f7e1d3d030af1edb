// SPDX-License-Identifier: Apache-2.0

/// Records next to each other that librdkafka can take in one call.
///
/// Such a call looks at the clock and takes the topic's lock once; it knows neither headers nor timestamps, and loses what goes
/// to a partition that isn't there.
enum RecordRun {
    /// How many are taken at once: enough for what they share to cost nothing, and their bytes are lent in nested calls.
    static let maximumCount = 32

    /// How many go together from an index on; 1 where that record goes by itself.
    static func count(in records: [KafkaRecord], from start: Int) -> Int {
        let first = records[start]
        guard first.isPlain else { return 1 }
        var end = start + 1
        let limit = min(records.count, start + maximumCount)
        while end < limit, records[end].isPlain, records[end].isBuffer == first.isBuffer,
            records[end].topic == first.topic
        {
            end += 1
        }
        return end - start
    }
}

extension KafkaRecord {
    /// Whether there is nothing to it but a key and a value.
    fileprivate var isPlain: Bool { headers.isEmpty && partition == nil && timestamp == nil }

    /// Whether its value is one that isn't copied.
    var isBuffer: Bool { if case .buffer = payload { true } else { false } }
}
