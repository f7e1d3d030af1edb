// SPDX-License-Identifier: Apache-2.0

extension AttributeWriter {
    /// Sets an attribute, or removes it.
    public mutating func set(_ key: String, _ value: AttributeValue?) {
        let isWritten =
            switch value {
            case .string(let text): key.withStoredBytes { append(Key($0), text) }
            case .int(let number): key.withStoredBytes { append(Key($0), number) }
            case .bool(let truth): key.withStoredBytes { append(Key($0), truth) }
            case .double(let number): key.withStoredBytes { append(Key($0), number) }
            default: false
            }
        if isWritten != true { setAny(key, value) }
    }

    /// Sets an attribute from a Swift value; `nil` sets nothing.
    @inlinable
    public mutating func set(_ key: String, _ value: (some AttributeConvertible)?) {
        if let value { set(key, Optional(value.attributeValue)) }
    }
}

// For keys that stand in the program's text: what has to be known of them is known to the compiler.

extension AttributeWriter {
    /// Sets a text under a key that stands in the program's text, which is quicker.
    @inlinable
    @inline(__always)
    public mutating func set(literal key: StaticString, _ text: String) {
        if !append(Key(key), text) { setAny(key.description, .string(text)) }
    }

    /// Sets a whole number under a key that stands in the program's text, which is quicker.
    @inlinable
    @inline(__always)
    public mutating func set(literal key: StaticString, _ number: Int64) {
        if !append(literal: Key(key), number) { setAny(key.description, .int(number)) }
    }

    /// Sets a floating-point number under a key that stands in the program's text, which is quicker.
    @inlinable
    @inline(__always)
    public mutating func set(literal key: StaticString, _ number: Double) {
        if !append(Key(key), number) { setAny(key.description, .double(number)) }
    }

    /// Sets a truth value under a key that stands in the program's text, which is quicker.
    @inlinable
    @inline(__always)
    public mutating func set(literal key: StaticString, _ truth: Bool) {
        if !append(Key(key), truth) { setAny(key.description, .bool(truth)) }
    }

    /// As ``append(_:_:)``, inlined: of the key only its letters remain, and of its copy a few stores.
    @inlinable
    @inline(__always)
    mutating func append(literal key: Key, _ number: Int64) -> Bool {
        let bits = UInt64(bitPattern: number)
        let width = ProtobufWriter.width(of: bits)
        let size = key.count &+ width &+ 5
        guard sets & key.set == 0, key.count < 0x60, kept < limit, let source = key.start else { return false }
        sets |= key.set
        kept &+= 1
        writer.buffer.reserve(size &+ 2)
        let target = writer.buffer.base + writer.buffer.used
        target.storeBytes(
            of: UInt32(0x0A_004A) | UInt32(truncatingIfNeeded: size) &<< 8
                | UInt32(truncatingIfNeeded: key.count) &<< 24,
            as: UInt32.self
        )
        (target + 4).copyMemory(from: source, byteCount: key.count)
        let value = target + 4 + key.count
        value.storeBytes(
            of: UInt32(0x18_0012) | UInt32(truncatingIfNeeded: width &+ 1) &<< 8
                | UInt32(truncatingIfNeeded: bits & 0x7F) &<< 24,
            as: UInt32.self
        )
        if bits >= 0x80 { Self.finish(varint: bits, at: value + 3) }
        writer.buffer.used &+= size &+ 2
        return true
    }

    @usableFromInline
    static func finish(varint bits: UInt64, at target: UnsafeMutableRawPointer) {
        var (rest, target) = (bits, target)
        while rest >= 0x80 {
            target.storeBytes(of: UInt8(truncatingIfNeeded: rest) | 0x80, as: UInt8.self)
            target += 1
            rest &>>= 7
        }
        target.storeBytes(of: UInt8(truncatingIfNeeded: rest), as: UInt8.self)
    }
}

extension AttributeWriter {
    /// The bytes of a key, and the set that it is in.
    @usableFromInline
    struct Key {
        @usableFromInline let start: UnsafeRawPointer?
        @usableFromInline let count: Int
        @usableFromInline let set: UInt64

        @inlinable
        @inline(__always)
        init(_ bytes: UnsafeRawBufferPointer) {
            start = bytes.baseAddress
            count = bytes.count
            set = attributeSet(bytes)
        }

        @inlinable
        @inline(__always)
        init(_ text: StaticString) {
            self.init(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
        }
    }

    // The quick way: a key that was not there yet, within all limits, and short enough for lengths of one byte. `false`,
    // with nothing written, where it has to go the long way round. Each writes at a place that it keeps to itself and says
    // only in the end how far it came: memory is changed once rather than at every step.

    @usableFromInline
    @inline(never)
    mutating func append(_ key: Key, _ text: String) -> Bool {
        // Counted first, so that only the copy has to be made where the text lies.
        let count = text.utf8.count
        guard count <= valueLimit, fits(key, valueCount: count &+ 2) else { return false }
        var place = begin(key, valueCount: count &+ 2)
        place.put(UInt16(0x0A) | UInt16(truncatingIfNeeded: count) << 8)
        let isWritten: Void? = text.utf8.withContiguousStorageIfAvailable { place.put($0.baseAddress, count) }
        guard isWritten != nil else { return false }
        commit(key, place)
        return true
    }

    @usableFromInline
    @inline(never)
    mutating func append(_ key: Key, _ number: Int64) -> Bool {
        let bits = UInt64(bitPattern: number)
        let width = bits < 0x80 ? 1 : ProtobufWriter.width(of: bits)
        guard fits(key, valueCount: 1 &+ width) else { return false }
        var place = begin(key, valueCount: 1 &+ width)
        place.put(UInt8(0x18))
        place.put(varint: bits)
        commit(key, place)
        return true
    }

    @usableFromInline
    @inline(never)
    mutating func append(_ key: Key, _ number: Double) -> Bool {
        guard fits(key, valueCount: 9) else { return false }
        var place = begin(key, valueCount: 9)
        place.put(UInt8(0x21))
        place.put(number.bitPattern)
        commit(key, place)
        return true
    }

    @usableFromInline
    @inline(never)
    mutating func append(_ key: Key, _ truth: Bool) -> Bool {
        guard fits(key, valueCount: 2) else { return false }
        var place = begin(key, valueCount: 2)
        place.put(UInt16(0x10) | (truth ? 0x0100 : 0))
        commit(key, place)
        return true
    }

    /// Whether a key is new, with a value of so many bytes within all limits.
    @inline(__always)
    private func fits(_ key: Key, valueCount: Int) -> Bool {
        sets & key.set == 0 && key.count &+ valueCount &+ 4 < 0x80 && kept < limit
    }

    /// Writes a new attribute up to its value, and makes room for that.
    @inline(__always)
    private mutating func begin(_ key: Key, valueCount: Int) -> OutputBuffer.Place {
        let size = key.count &+ valueCount &+ 4
        writer.buffer.reserve(size &+ 2)
        var place = writer.buffer.place
        // The tag of an attribute, its length, the tag of the key, its length.
        place.put(
            UInt32(0x0A_004A) | UInt32(truncatingIfNeeded: size) << 8 | UInt32(truncatingIfNeeded: key.count) << 24
        )
        place.put(key.start, key.count)
        place.put(UInt16(0x12) | UInt16(truncatingIfNeeded: valueCount) << 8)
        return place
    }

    /// Says that a new attribute has been written.
    @inline(__always)
    private mutating func commit(_ key: Key, _ place: OutputBuffer.Place) {
        sets |= key.set
        kept &+= 1
        writer.buffer.end(at: place)
    }
}

extension String {
    /// Lets `body` look at the text where it is kept as UTF-8; `nil` where another runtime keeps it.
    @inline(__always)
    func withStoredBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result? {
        utf8.withContiguousStorageIfAvailable { body(UnsafeRawBufferPointer($0)) }
    }
}

/// Which of 64 sets the name of an attribute is in: names of different sets differ.
///
/// Made of few letters and the length, so that it is nothing at all where the compiler knows the name.
@inlinable
@inline(__always)
func attributeSet(_ key: UnsafeRawBufferPointer) -> UInt64 {
    guard let start = key.baseAddress, key.count > 0 else { return 1 }
    let last = Int(start.load(fromByteOffset: key.count &- 1, as: UInt8.self))
    let middle = Int(start.load(fromByteOffset: key.count &>> 1, as: UInt8.self))
    let quarter = Int(start.load(fromByteOffset: key.count &>> 2, as: UInt8.self))
    return 1 &<< UInt64(truncatingIfNeeded: key.count &* 7 &+ last &* 5 &+ middle &* 3 &+ quarter)
}
