// SPDX-License-Identifier: Apache-2.0

/// What a handler of batches throws to say that only some of the records failed: the others are done.
///
/// Only these are tried again, moved aside or skipped, as the ``KafkaFailurePolicy`` says, which is asked about the
/// ``cause``. Any other error is a failure of the whole batch, as is one of these that names no record of it.
///
/// ```swift
/// { records in
///     let failed = try await database.insert(records)
///     if !failed.isEmpty { throw KafkaBatchFailure(of: failed, cause: Constraint()) }
/// }
/// ```
public struct KafkaBatchFailure: Error, Sendable, CustomStringConvertible {
    /// The records that failed.
    public var records: [KafkaConsumedRecord]

    /// Why.
    public var cause: any Error

    /// These records of a batch failed.
    public init(of records: [KafkaConsumedRecord], cause: any Error) {
        self.records = records
        self.cause = cause
    }

    /// How many records failed, the first of them, and why.
    public var description: String {
        let first = records.first.map { ", the first of them \($0.position)" } ?? ""
        return "\(records.count) records of a batch failed\(first): \(cause)"
    }

    /// What of `records` failed with `error`, and why.
    static func failed(
        _ records: [KafkaConsumedRecord],
        _ error: any Error
    ) -> (records: [KafkaConsumedRecord], cause: any Error) {
        guard let failure = error as? KafkaBatchFailure else { return (records, error) }
        let named = Set(failure.records.map { RecordPosition($0) })
        let failed = records.filter { named.contains(RecordPosition($0)) }
        return (failed.isEmpty ? records : failed, failure.cause)
    }
}

/// Where a record is: what tells it from all others.
private struct RecordPosition: Hashable {
    let partition: KafkaTopicPartition
    let offset: Int64

    init(_ record: KafkaConsumedRecord) {
        partition = record.place
        offset = record.offset
    }
}
