// SPDX-License-Identifier: Apache-2.0

import CStitchRdkafka

extension KafkaConsumedRecord {
    /// Reads the value where it is, without a copy.
    ///
    /// - Parameter body: Gets the bytes, which are there until it returns; `nil` for a tombstone, which an empty value is
    ///   not.
    /// - Returns: What `body` returns.
    /// - Throws: What `body` throws.
    public func withValueBytes<Success, Failure: Error>(
        _ body: (UnsafeRawBufferPointer?) throws(Failure) -> Success
    ) throws(Failure) -> Success {
        switch source {
        case .fetched(_, let message):
            // The bytes belong to the message, which lives as long as `self`.
            try Self.withBytes(message.pointee.payload, message.pointee.len, of: self, body)
        case .made(let record): try Self.withBytes(record.value, body)
        }
    }

    /// Reads the key where it is, without a copy.
    ///
    /// - Parameter body: Gets the bytes, which are there until it returns; `nil` for a record without a key.
    /// - Returns: What `body` returns.
    /// - Throws: What `body` throws.
    public func withKeyBytes<Success, Failure: Error>(
        _ body: (UnsafeRawBufferPointer?) throws(Failure) -> Success
    ) throws(Failure) -> Success {
        switch source {
        case .fetched(_, let message):
            try Self.withBytes(message.pointee.key, message.pointee.key_len, of: self, body)
        case .made(let record): try Self.withBytes(record.key, body)
        }
    }

    /// Reads the value where it is, as a span, without a copy.
    ///
    /// - Parameter body: Gets the bytes, which it can't keep; none for a tombstone: see ``isTombstone``.
    /// - Returns: What `body` returns.
    /// - Throws: What `body` throws.
    public func withValueSpan<Success, Failure: Error>(
        _ body: (RawSpan) throws(Failure) -> Success
    ) throws(Failure) -> Success {
        try withValueBytes { bytes throws(Failure) in
            try body((bytes ?? UnsafeRawBufferPointer(start: nil, count: 0)).bytes)
        }
    }

    private static func withBytes<Success, Failure: Error>(
        _ start: UnsafeMutableRawPointer?,
        _ count: Int,
        of record: KafkaConsumedRecord,
        _ body: (UnsafeRawBufferPointer?) throws(Failure) -> Success
    ) throws(Failure) -> Success {
        defer { withExtendedLifetime(record) {} }
        return try body(start.map { UnsafeRawBufferPointer(start: $0, count: count) })
    }

    private static func withBytes<Success, Failure: Error>(
        _ bytes: [UInt8]?,
        _ body: (UnsafeRawBufferPointer?) throws(Failure) -> Success
    ) throws(Failure) -> Success {
        guard let bytes else { return try body(nil) }
        // The standard library's own function does not pass on the type of the error.
        let result = bytes.withUnsafeBytes { bytes in Result { () throws(Failure) in try body(bytes) } }
        return try result.get()
    }
}
