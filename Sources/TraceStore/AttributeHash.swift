// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceFlow

/// A hash of an attribute's key, or of its key and its value as text.
///
/// It is part of the format of files. It only says where to look: what is found there is compared.
struct AttributeHash {
    private var state: UInt64

    /// Of a key.
    init(_ key: UnsafeRawBufferPointer) {
        state = 0x9e37_79b9_7f4a_7c15
        add(key)
    }

    /// Of a key.
    init(_ key: String) {
        var key = key
        self = key.withUTF8 { AttributeHash(UnsafeRawBufferPointer($0)) }
    }

    /// The hash.
    var value: UInt32 { UInt32(truncatingIfNeeded: ((state ^ state >> 29) &* 0xbf58_476d_1ce4_e5b9) >> 32) }

    /// Of the key and a value, as ``TelemetryData/AttributeValue/description`` has it.
    func with(_ text: String) -> UInt32 {
        var text = text
        return text.withUTF8 { with(UnsafeRawBufferPointer($0)) }
    }

    private func with(_ text: UnsafeRawBufferPointer) -> UInt32 {
        var hash = self
        hash.add(text)
        return hash.value
    }

    /// Of a key and the value that OTLP's `AnyValue` holds.
    ///
    /// What is no UTF-8 was repaired by whoever made the bytes, so they are those of the text.
    static func hash(
        after key: AttributeHash,
        with message: ProtobufReader
    ) throws(ProtobufError) -> UInt32 {
        var reader = message
        if let field = try reader.next(), reader.remainingCount == 0 {
            switch (field.number, field.type) {
            case (1, .lengthDelimited): return key.with(field.bytes)
            case (3, .varint): return key.with(Int64(bitPattern: field.bits).description)
            case (4, .fixed64): return key.with(field.double.description)
            case (2, .varint): return key.with(field.bits != 0 ? "true" : "false")
            default: break
            }
        }
        var decoder = TelemetryDecoder()
        return key.with(try decoder.value(message)?.description ?? "")
    }

    /// Adds bytes and their number, eight at a time.
    private mutating func add(_ bytes: UnsafeRawBufferPointer) {
        state = (state ^ UInt64(truncatingIfNeeded: bytes.count)) &* 0x9e37_79b9_7f4a_7c15
        var offset = 0
        while offset &+ 8 <= bytes.count {
            mix(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
            offset &+= 8
        }
        var rest: UInt64 = 0
        while offset < bytes.count {
            rest = rest << 8 | UInt64(bytes[offset])
            offset &+= 1
        }
        mix(rest)
    }

    private mutating func mix(_ word: UInt64) {
        state = (state ^ word) &* 0x9fb2_1c65_1e98_df25
        state ^= state >> 32
    }
}

extension Attributes {
    /// Hashes of each key and of each key with its value.
    var hashes: [UInt32] {
        elements.flatMap { element in
            let key = AttributeHash(element.key)
            return [key.value, key.with(element.value.description)]
        }
    }
}

extension SpanQuery.Attribute {
    /// The hash that whatever meets the condition has.
    var fingerprint: UInt32 {
        let key = AttributeHash(key)
        return value.map { key.with($0) } ?? key.value
    }
}

extension Duration {
    /// Whole nanoseconds, cut off; the nearest there are if there are too many.
    var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, second) = product.addingReportingOverflow(attoseconds / 1_000_000_000)
        return overflow || second ? (seconds < 0 ? .min : .max) : sum
    }

    /// Whole nanoseconds, rounded up, for comparing with counts of them.
    var nanosecondsRoundedUp: Int64 {
        let down = nanoseconds
        guard down < .max, .nanoseconds(down) < self else { return down }
        return down + 1
    }
}
