// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A record that a consumer received.
///
/// A value of its own: it may be kept and passed on.
public struct KafkaConsumedRecord: Sendable {
    /// The topic that it came from.
    public var topic: String

    /// The partition that it came from.
    public var partition: Int32

    /// Its place in the partition, from 0.
    public var offset: Int64

    /// The key; `nil` for none.
    public var key: [UInt8]?

    /// The value; `nil` is a tombstone.
    public var value: [UInt8]?

    /// The headers.
    public var headers: KafkaHeaders

    /// When it came into being, and by whose clock.
    public var timestamp: KafkaTimestamp

    /// What stands round ``process(_:)``; `nil` for a plain call.
    package var processor: (any KafkaRecordProcessor)?

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
        self.topic = topic
        self.partition = partition
        self.offset = offset
        self.key = key
        self.value = value
        self.headers = headers
        self.timestamp = timestamp
    }

    /// Reads the value as JSON.
    ///
    /// - Parameter type: What to read it as.
    /// - Returns: The decoded value.
    /// - Throws: ``KafkaError`` with ``KafkaError/Code-swift.struct/decoding``, which names topic, partition and offset,
    ///   never the value.
    public func decode<Value: Decodable>(_ type: Value.Type = Value.self) throws(KafkaError) -> Value {
        guard let value else {
            throw KafkaError(
                .decoding,
                "The record \(position) was to be read as \(type) but has no value: handle tombstones before decoding"
            )
        }
        do {
            return try JSONDecoder().decode(type, from: Data(value))
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
    /// records of a batch: then the work is a span that belongs to the record's trace.
    ///
    /// - Parameter body: The work.
    /// - Returns: What `body` returns.
    /// - Throws: What `body` throws.
    @discardableResult
    public func process<Success, Failure: Error>(
        _ body: () async throws(Failure) -> Success
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
    func process<Success, Failure: Error>(
        _ record: KafkaConsumedRecord,
        _ body: () async throws(Failure) -> Success
    ) async throws(Failure) -> Success
}
