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

    /// All of it, mixed.
    var wide: UInt64 { (state ^ state >> 29) &* 0xbf58_476d_1ce4_e5b9 }

    /// The hash.
    var value: UInt32 { UInt32(truncatingIfNeeded: wide >> 32) }

    /// Of the key and a value, as ``TelemetryData/AttributeValue/description`` has it.
    func with(_ text: String) -> UInt32 {
        var text = text
        return text.withUTF8 { with(UnsafeRawBufferPointer($0)) }
    }

    /// Of the key and the value of OTLP's `AnyValue`.
    ///
    /// What is no UTF-8 was repaired by whoever made the bytes, so they are those of the text.
    func with(value bytes: UnsafeRawBufferPointer) -> UInt32 {
        var reader = ProtobufReader(own: bytes)
        if let field = try? reader.next(), reader.remainingCount == 0 {
            switch (field.number, field.type) {
            case (1, .lengthDelimited): return with(field.bytes)
            case (3, .varint): return with(Int64(bitPattern: field.bits))
            case (4, .fixed64): return with(field.double)
            case (2, .varint): return with(field.bits != 0)
            default: break
            }
        }
        var decoder = TelemetryDecoder()
        return with((try? decoder.value(ProtobufReader(own: bytes)))?.description ?? "")
    }

    /// Of the key and the bytes of a text.
    @inline(__always)
    func with(_ text: UnsafeRawBufferPointer) -> UInt32 {
        var hash = self
        hash.add(text)
        return hash.value
    }

    func with(_ flag: Bool) -> UInt32 { with(flag ? "true" : "false") }

    /// Of the key and a number, as its description has it.
    func with(_ number: Int64) -> UInt32 {
        Decimal.withDigits(of: number.magnitude, isNegative: number < 0) { with($0) }
    }

    /// Of the key and a number, as its description has it.
    func with(_ number: Double) -> UInt32 {
        // Most are thousandths: waits in seconds.
        let thousandths = (number * 1_000).rounded()
        guard thousandths >= 1, thousandths < 1e12, thousandths / 1_000 == number else {
            return with(number.description)
        }
        return Decimal.withDigits(ofThousandths: UInt64(thousandths)) { with($0) }
    }

    /// Adds bytes and their number, eight at a time; the last eight may overlap those before them.
    @inline(__always)
    private mutating func add(_ bytes: UnsafeRawBufferPointer) {
        let count = bytes.count
        state = (state ^ UInt64(truncatingIfNeeded: count)) &* 0x9e37_79b9_7f4a_7c15
        guard let start = bytes.baseAddress, count > 0 else { return mix(0) }
        if count < 4 {
            let (first, middle, last) = (start.byte(0), start.byte(count >> 1), start.byte(count &- 1))
            return mix(first | middle << 8 | last << 16)
        }
        if count < 8 { return mix(start.half(0) | start.half(count &- 4) << 32) }
        var offset = 0
        while offset < count &- 8 {
            mix(start.word(offset))
            offset &+= 8
        }
        mix(start.word(count &- 8))
    }

    @inline(__always)
    private mutating func mix(_ word: UInt64) {
        state = (state ^ word) &* 0x9fb2_1c65_1e98_df25
        state ^= state >> 32
    }
}

extension UnsafeRawPointer {
    @inline(__always)
    func byte(_ offset: Int) -> UInt64 { UInt64(load(fromByteOffset: offset, as: UInt8.self)) }

    @inline(__always)
    func half(_ offset: Int) -> UInt64 {
        UInt64(UInt32(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
    }

    @inline(__always)
    func word(_ offset: Int) -> UInt64 {
        UInt64(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
}

/// Writes numbers as their descriptions have them, without making texts.
enum Decimal {
    /// Lends the digits of a number.
    @inline(__always)
    static func withDigits<Result>(
        of magnitude: UInt64,
        isNegative: Bool,
        _ body: (UnsafeRawBufferPointer) -> Result
    ) -> Result {
        withUnsafeTemporaryAllocation(byteCount: 24, alignment: 8) { buffer in
            var place = buffer.count
            write(magnitude, before: &place, in: buffer)
            if isNegative { prepend("-", before: &place, in: buffer) }
            return body(UnsafeRawBufferPointer(rebasing: buffer[place...]))
        }
    }

    /// Lends the digits of a number of thousandths, of which at least one is behind the point.
    @inline(__always)
    static func withDigits<Result>(
        ofThousandths number: UInt64,
        _ body: (UnsafeRawBufferPointer) -> Result
    ) -> Result {
        withUnsafeTemporaryAllocation(byteCount: 24, alignment: 8) { buffer in
            var place = buffer.count
            var (rest, count) = (number % 1_000, 3)
            while count > 1, rest % 10 == 0 { (rest, count) = (rest / 10, count - 1) }
            for _ in 0..<count {
                place &-= 1
                buffer[place] = UInt8(truncatingIfNeeded: 48 + rest % 10)
                rest /= 10
            }
            prepend(".", before: &place, in: buffer)
            write(number / 1_000, before: &place, in: buffer)
            return body(UnsafeRawBufferPointer(rebasing: buffer[place...]))
        }
    }

    @inline(__always)
    private static func write(_ number: UInt64, before place: inout Int, in buffer: UnsafeMutableRawBufferPointer) {
        var rest = number
        repeat {
            place &-= 1
            buffer[place] = UInt8(truncatingIfNeeded: 48 + rest % 10)
            rest /= 10
        } while rest > 0
    }

    @inline(__always)
    private static func prepend(
        _ letter: Unicode.Scalar,
        before place: inout Int,
        in buffer: UnsafeMutableRawBufferPointer
    ) {
        place &-= 1
        buffer[place] = UInt8(ascii: letter)
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
