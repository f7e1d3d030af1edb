// SPDX-License-Identifier: Apache-2.0

/// What was made of the bytes that were read last, so that it is made once for what comes again and again.
///
/// Of a limited size: once it is full it begins anew. What somebody sends can make it useless, no more.
struct InternTable<Made>: ~Copyable {
    /// What was made of some bytes; a copy of them stands behind it.
    struct Entry {
        fileprivate let fingerprint: UInt64
        fileprivate let count: Int

        /// What was made.
        var made: Made
    }

    /// How many bytes there may be.
    static var longest: Int { 128 }

    private static var greatestCount: Int { 256 }
    private static var indexSize: Int { 1024 }
    private static var probes: Int { 8 }

    @inline(__always)
    private static var stride: Int { MemoryLayout<Entry>.stride &+ longest }

    // Made when they are needed, as some decoders read hardly anything. Of the index 0 is nothing.
    private var entries: UnsafeMutableRawPointer?
    private var index: UnsafeMutablePointer<UInt16>?
    private var capacity = 0
    private var count = 0

    deinit {
        deinitializeEntries()
        entries?.deallocate()
        index?.deallocate()
    }

    /// The entry at a place; `nil` if there is none.
    @inline(__always)
    func entry(_ place: Int) -> UnsafeMutablePointer<Entry>? {
        guard let entries, place >= 0, place < count else { return nil }
        return (entries + place &* Self.stride).assumingMemoryBound(to: Entry.self)
    }

    /// The bytes that stand behind an entry, and room for more.
    @inline(__always)
    static func bytes(_ entry: UnsafeMutablePointer<Entry>) -> UnsafeMutableRawPointer {
        UnsafeMutableRawPointer(entry + 1)
    }

    /// Where the entry of these bytes is.
    ///
    /// - Parameters:
    ///   - bytes: The bytes.
    ///   - fingerprint: A hash of them, or of a part of them.
    /// - Returns: Its place; `nil` if there is none.
    @inline(__always)
    func place(_ bytes: UnsafeRawBufferPointer, fingerprint: UInt64) -> Int? {
        guard let index else { return nil }
        for probe in 0..<Self.probes {
            let place = Int(index[Self.slot(fingerprint, probe)]) &- 1
            guard let entry = entry(place) else { return nil }
            if entry.pointee.fingerprint == fingerprint, Self.holds(entry, bytes) { return place }
        }
        return nil
    }

    /// Whether an entry was made of these bytes.
    @inline(__always)
    static func holds(_ entry: UnsafeMutablePointer<Entry>, _ bytes: UnsafeRawBufferPointer) -> Bool {
        entry.pointee.count == bytes.count && areEqual(Self.bytes(entry), bytes)
    }

    /// Keeps what was made of these bytes, which are not there.
    ///
    /// - Returns: Where it is; `nil` if they are too long.
    @inline(never)
    mutating func keep(_ made: Made, of bytes: UnsafeRawBufferPointer, fingerprint: UInt64) -> Int? {
        guard bytes.count <= Self.longest, let source = bytes.baseAddress else { return nil }
        if count == Self.greatestCount { forget() }
        let index = grown()
        guard let slot = (0..<Self.probes).lazy.map({ Self.slot(fingerprint, $0) }).first(where: { index[$0] == 0 })
        else { return nil }
        let place = count
        count += 1
        guard let entry = entry(place) else { return nil }
        entry.initialize(to: Entry(fingerprint: fingerprint, count: bytes.count, made: made))
        Self.bytes(entry).copyMemory(from: source, byteCount: bytes.count)
        index[slot] = UInt16(truncatingIfNeeded: count)
        return place
    }

    /// Sees to it that there is room for one more.
    private mutating func grown() -> UnsafeMutablePointer<UInt16> {
        if count == capacity {
            capacity = max(capacity * 2, 16)
            let larger = UnsafeMutableRawPointer.allocate(byteCount: capacity * Self.stride, alignment: 16)
            if let entries {
                // What a value is can be moved by its bytes.
                larger.copyMemory(from: entries, byteCount: count * Self.stride)
                entries.deallocate()
            }
            entries = larger
        }
        if let index { return index }
        let made = UnsafeMutablePointer<UInt16>.allocate(capacity: Self.indexSize)
        made.initialize(repeating: 0, count: Self.indexSize)
        index = made
        return made
    }

    private mutating func forget() {
        deinitializeEntries()
        count = 0
        index?.update(repeating: 0, count: Self.indexSize)
    }

    private func deinitializeEntries() {
        for place in 0..<count { entry(place)?.deinitialize(count: 1) }
    }

    @inline(__always)
    private static func slot(_ fingerprint: UInt64, _ probe: Int) -> Int {
        (Int(truncatingIfNeeded: fingerprint) &+ probe) & (indexSize - 1)
    }
}

/// Whether the first bytes are these; short ones are compared quicker here than by a function of C.
@inline(__always)
func areEqual(_ a: UnsafeRawPointer, _ bytes: UnsafeRawBufferPointer) -> Bool {
    guard let b = bytes.baseAddress else { return true }
    let count = bytes.count
    guard count >= 8 else { return Fingerprint.word(a, count) == Fingerprint.word(b, count) }
    var offset = 0
    while offset &+ 8 < count {
        guard (a + offset).loadUnaligned(as: UInt64.self) == (b + offset).loadUnaligned(as: UInt64.self)
        else { return false }
        offset &+= 8
    }
    // The last eight bytes may overlap those before, which does no harm.
    offset = count &- 8
    return (a + offset).loadUnaligned(as: UInt64.self) == (b + offset).loadUnaligned(as: UInt64.self)
}
