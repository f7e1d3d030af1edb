// SPDX-License-Identifier: Apache-2.0

/// What a `tracestate` may look like (W3C Trace Context Level 2, section 3.3.2), read byte by byte without allocating.
enum TraceStateGrammar {
    /// What a legal field is like.
    struct Shape {
        var count = 0
        /// Whether it has neither empty members nor white space round members.
        var isCanonical = true
    }

    private static let longest = 256
    private static let comma = UInt8(ascii: ",")
    private static let equals = UInt8(ascii: "=")

    /// The shape of a field's value; `nil` if it is not legal.
    static func shape(of bytes: UnsafeBufferPointer<UInt8>) -> Shape? {
        var shape = Shape()
        var start = 0
        while start <= bytes.count {
            var end = start
            while end < bytes.count, bytes[end] != comma { end += 1 }
            guard read(bytes[start..<end], &shape) else { return nil }
            // An empty field is canonical; an empty member beside others is not.
            if start == end, !bytes.isEmpty { shape.isCanonical = false }
            start = end + 1
        }
        return shape
    }

    /// Whether one member, or the emptiness between two commas, is legal; counts it.
    private static func read(_ member: Slice<UnsafeBufferPointer<UInt8>>, _ shape: inout Shape) -> Bool {
        var first = member.startIndex
        var last = member.endIndex
        while first < last, isBlank(member[first]) { first += 1 }
        while last > first, isBlank(member[last - 1]) { last -= 1 }
        if first != member.startIndex || last != member.endIndex { shape.isCanonical = false }
        guard first < last else { return true }
        guard isAlphanumeric(member[first]) else { return false }
        var position = first + 1
        while position < last, isKeyByte(member[position]) { position += 1 }
        guard position - first <= longest, position < last, member[position] == equals else { return false }
        position += 1
        guard (1...longest).contains(last - position) else { return false }
        while position < last {
            guard isValueByte(member[position]) else { return false }
            position += 1
        }
        shape.count += 1
        return shape.count <= TraceState.maximumCount
    }

    /// A legal field's value without empty members and without white space round members.
    static func canonical(_ text: String) -> String {
        text.split(separator: ",").compactMap { member in
            let head = member.utf8.drop(while: isBlank)
            let blanks = head.reversed().prefix(while: isBlank).count
            let trimmed = head.dropLast(blanks)
            return trimmed.isEmpty ? nil : String(trimmed)
        }.joined(separator: ",")
    }

    static func isKey(_ key: String) -> Bool {
        guard let first = key.utf8.first, isAlphanumeric(first), key.utf8.count <= longest else { return false }
        return key.utf8.dropFirst().allSatisfy(isKeyByte)
    }

    static func isValue(_ value: String) -> Bool {
        (1...longest).contains(value.utf8.count) && value.utf8.last != UInt8(ascii: " ")
            && value.utf8.allSatisfy(isValueByte)
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: false
        }
    }

    private static func isKeyByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "*"), UInt8(ascii: "/"), UInt8(ascii: "@"): true
        default: isAlphanumeric(byte)
        }
    }

    private static func isValueByte(_ byte: UInt8) -> Bool {
        (0x20...0x7e).contains(byte) && byte != comma && byte != equals
    }
}
