// SPDX-License-Identifier: Apache-2.0

import CStitchRdkafka
import Foundation

/// A record that a consumer received.
///
/// A value of its own: it may be kept and passed on. Key, value and headers stay where librdkafka fetched them, and are
/// copied when they are asked for, each time anew; a record that is kept keeps those that were fetched along with it.
public struct KafkaConsumedRecord: Sendable {
    /// `@unchecked Sendable`: a message doesn't change, and lives as long as its batch.
    enum Source: @unchecked Sendable {
        case fetched(ConsumedBatch, ConsumedBatch.Message)
        case made(MadeRecord)
    }

    let source: Source

    /// A record that was fetched.
    init(_ batch: ConsumedBatch, _ message: ConsumedBatch.Message) {
        source = .fetched(batch, message)
    }

    /// A record as a consumer would receive it, for tests of handlers.
    public init(
        topic: String,
        partition: Int32 = 0,
        offset: Int64 = 0,
        key: [UInt8]? = nil,
        value: [UInt8]?,
        headers: KafkaHeaders = KafkaHeaders(),
        timestamp: KafkaTimestamp = .unavailable
    ) {
        source = .made(
            MadeRecord(
                place: KafkaTopicPartition(topic: topic, partition: partition),
                offset: offset,
                key: key,
                value: value,
                headers: headers,
                timestamp: timestamp
            )
        )
    }

    /// The topic that it came from.
    public var topic: String { place.topic }

    /// The partition that it came from.
    public var partition: Int32 { place.partition }

    /// The topic and partition that it came from.
    public var place: KafkaTopicPartition {
        switch source {
        case .fetched(let batch, _): batch.partition
        case .made(let record): record.place
        }
    }

    /// Its place in the partition, from 0.
    public var offset: Int64 {
        switch source {
        case .fetched(_, let message): message.pointee.offset
        case .made(let record): record.offset
        }
    }

    /// A copy of the key; `nil` for none.
    public var key: [UInt8]? { withKeyBytes { $0.map { Array($0) } } }

    /// A copy of the value; `nil` is a tombstone.
    public var value: [UInt8]? { withValueBytes { $0.map { Array($0) } } }

    /// How many bytes the value has; 0 for a tombstone.
    public var valueCount: Int {
        switch source {
        case .fetched(_, let message): message.pointee.len
        case .made(let record): record.value?.count ?? 0
        }
    }

    /// Whether it has no value.
    public var isTombstone: Bool {
        switch source {
        case .fetched(_, let message): message.pointee.payload == nil
        case .made(let record): record.value == nil
        }
    }

    /// A copy of the headers.
    public var headers: KafkaHeaders {
        switch source {
        case .fetched(let batch, let message):
            batch.withHeaders(message) { $0.map { KafkaHeaders(copying: $0) } ?? KafkaHeaders() }
        case .made(let record): record.headers
        }
    }

    /// When it came into being, and by whose clock.
    public var timestamp: KafkaTimestamp {
        switch source {
        case .fetched(_, let message): KafkaTimestamp(of: message)
        case .made(let record): record.timestamp
        }
    }

    /// How many records of the partition came after it, as far as was known when it was fetched; `nil` if nothing was.
    public var lag: Int64? {
        guard case .fetched(let batch, let message) = source, batch.end > message.pointee.offset else { return nil }
        return batch.end - message.pointee.offset - 1
    }

    /// When it was taken; `nil` for one that was made.
    var taking: Taking? {
        guard case .fetched(let batch, _) = source else { return nil }
        return batch.taking
    }

    /// What stands round ``process(_:)``; `nil` for a plain call.
    package var processor: (any KafkaRecordProcessor)? {
        guard case .fetched(let batch, _) = source else { return nil }
        return batch.processor
    }

    /// Reads the value as JSON.
    ///
    /// - Parameter type: What to read it as.
    /// - Returns: The decoded value.
    /// - Throws: ``KafkaError`` with ``KafkaError/Code-swift.struct/decoding``, which names topic, partition and offset,
    ///   never the value.
    public func decode<Value: Decodable>(_ type: Value.Type = Value.self) throws(KafkaError) -> Value {
        if isTombstone {
            throw KafkaError(
                .decoding,
                "The record \(position) was to be read as \(type) but has no value: handle tombstones before decoding"
            )
        }
        do {
            return try withValueBytes { try JSONDecoder().decode(type, from: $0.map { Data($0) } ?? Data()) }
        } catch {
            throw KafkaError(
                .decoding,
                "The record \(position) can't be read as \(type) from JSON: \(Self.reason(error)); check what its producer writes"
            )
        }
    }

    /// Works on the record.
    ///
    /// A plain call, unless a traced consumer made the record and no span of its own is open for it yet, as for the
    /// records of a batch or of a sequence: then the work is a span that belongs to the record's trace.
    ///
    /// - Parameter body: The work.
    /// - Returns: What `body` returns.
    /// - Throws: What `body` throws.
    @discardableResult
    public nonisolated(nonsending) func process<Success, Failure: Error>(
        _ body: nonisolated(nonsending) () async throws(Failure) -> Success
    ) async throws(Failure) -> Success {
        guard let processor else { return try await body() }
        return try await processor.process(self, body)
    }

    /// `topic/partition/offset`, for messages.
    package var position: String { "\(topic)/\(partition)/\(offset)" }

    /// Where decoding stopped, without what stood there: `DecodingError` quotes the data.
    private static func reason(_ error: any Error) -> String {
        func path(_ context: DecodingError.Context) -> String {
            let keys = context.codingPath.map(\.stringValue).joined(separator: ".")
            return keys.isEmpty ? "at the top" : "at \(keys)"
        }
        return switch error {
        case DecodingError.keyNotFound(let key, let context): "the key '\(key.stringValue)' is missing \(path(context))"
        case DecodingError.typeMismatch(let type, let context): "there is no \(type) \(path(context))"
        case DecodingError.valueNotFound(let type, let context): "there is null instead of \(type) \(path(context))"
        case DecodingError.dataCorrupted(let context): "the data is corrupted \(path(context))"
        default: "\(type(of: error))"
        }
    }
}

/// What a traced consumer puts round the work on a record.
package protocol KafkaRecordProcessor: Sendable {
    /// Calls `body` and returns what it returns.
    nonisolated(nonsending) func process<Success, Failure: Error>(
        _ record: KafkaConsumedRecord,
        _ body: nonisolated(nonsending) () async throws(Failure) -> Success
    ) async throws(Failure) -> Success
}
