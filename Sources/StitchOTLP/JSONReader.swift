// SPDX-License-Identifier: Apache-2.0

/// Reads JSON, value after value, from bytes that anybody may have sent.
///
/// Nesting is limited, and nothing is kept but what is asked for. It points into the bytes that it was made of.
///
/// ```swift
/// var isFirst = try json.enterObject()
/// while let key = try json.nextKey(&isFirst) {
///     if key.is("name") { name = try json.string() } else { try json.skip() }
/// }
/// ```
struct JSONReader {
    /// What a value is, by its first byte.
    enum Kind {
        case object
        case array
        case string
        case number
        case truth
        case null
    }

    /// The name of a field, as it stands between its quotation marks.
    struct Key {
        fileprivate let bytes: UnsafeRawBufferPointer
        /// The name without escapes, if it has any.
        fileprivate let unescaped: String?

        @inline(__always)
        func `is`(_ name: StaticString) -> Bool {
            if let unescaped { return unescaped == name.description }
            guard bytes.count == name.utf8CodeUnitCount else { return false }
            for index in 0..<bytes.count where bytes[index] != name.utf8Start[index] { return false }
            return true
        }
    }

    private var cursor: UnsafePointer<UInt8>
    private let end: UnsafePointer<UInt8>
    private var depth: Int

    init(_ bytes: UnsafeRawBufferPointer, maximumDepth: Int) {
        let bytes = bytes.assumingMemoryBound(to: UInt8.self)
        // No bytes may have no address; of what is never read any will do.
        cursor = bytes.baseAddress ?? ("" as StaticString).utf8Start
        end = cursor + bytes.count
        depth = maximumDepth
    }

    /// What the next value is.
    mutating func kind() throws(OTLPError) -> Kind {
        switch try next() {
        case UInt8(ascii: "{"): .object
        case UInt8(ascii: "["): .array
        case UInt8(ascii: "\""): .string
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): .number
        case UInt8(ascii: "t"), UInt8(ascii: "f"): .truth
        case UInt8(ascii: "n"): .null
        default: throw Self.malformed("there is no value where one is expected")
        }
    }

    /// Goes into an object, which is the next value.
    mutating func enterObject() throws(OTLPError) -> Bool {
        try enter(UInt8(ascii: "{"))
    }

    /// Goes into an array, which is the next value.
    mutating func enterArray() throws(OTLPError) -> Bool {
        try enter(UInt8(ascii: "["))
    }

    private mutating func enter(_ bracket: UInt8) throws(OTLPError) -> Bool {
        try take(bracket)
        guard depth > 0 else { throw OTLPError(.tooLarge, "JSON is nested too deeply") }
        depth -= 1
        return true
    }

    /// The next field's name, after which its value has to be read or skipped; `nil` once the object is left.
    mutating func nextKey(_ isFirst: inout Bool) throws(OTLPError) -> Key? {
        guard try hasMore(&isFirst, closing: UInt8(ascii: "}")) else { return nil }
        let (bytes, hasEscapes) = try rawString()
        let key = Key(bytes: bytes, unescaped: hasEscapes ? try Self.unescape(bytes) : nil)
        try take(UInt8(ascii: ":"))
        return key
    }

    /// Whether there is another element, which has to be read or skipped then; the array is left if there is none.
    mutating func nextElement(_ isFirst: inout Bool) throws(OTLPError) -> Bool {
        try hasMore(&isFirst, closing: UInt8(ascii: "]"))
    }

    private mutating func hasMore(_ isFirst: inout Bool, closing bracket: UInt8) throws(OTLPError) -> Bool {
        let byte = try next()
        if byte == bracket {
            cursor += 1
            depth += 1
            return false
        }
        if isFirst {
            isFirst = false
        } else {
            try take(UInt8(ascii: ","))
        }
        return true
    }

    /// A text, which is the next value.
    mutating func string() throws(OTLPError) -> String {
        let (bytes, hasEscapes) = try rawString()
        return hasEscapes ? try Self.unescape(bytes) : String(decoding: bytes, as: UTF8.self)
    }

    /// A number, which is the next value, as it is written.
    mutating func number() throws(OTLPError) -> Substring {
        _ = try next()
        let start = cursor
        while cursor < end, Self.isOfNumber(cursor.pointee) { cursor += 1 }
        return Substring(decoding: UnsafeBufferPointer(start: start, count: cursor - start), as: UTF8.self)
    }

    private static func isOfNumber(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "e"), UInt8(ascii: "E"):
            true
        default: false
        }
    }

    /// A truth value, which is the next value.
    mutating func truth() throws(OTLPError) -> Bool {
        let isTrue = try next() == UInt8(ascii: "t")
        try take(isTrue ? "true" : "false")
        return isTrue
    }

    /// `null`, which is the next value.
    mutating func null() throws(OTLPError) {
        _ = try next()
        try take("null")
    }

    /// Passes over the next value, whatever it is.
    mutating func skip() throws(OTLPError) {
        switch try kind() {
        case .object:
            var isFirst = try enterObject()
            while try nextKey(&isFirst) != nil { try skip() }
        case .array:
            var isFirst = try enterArray()
            while try nextElement(&isFirst) { try skip() }
        case .string: _ = try rawString()
        case .number: _ = try number()
        case .truth: _ = try truth()
        case .null: try null()
        }
    }

    /// Makes sure that nothing follows.
    mutating func finish() throws(OTLPError) {
        skipSpace()
        if cursor < end { throw Self.malformed("something follows the JSON") }
    }

    @inline(__always)
    private mutating func skipSpace() {
        while cursor < end, cursor.pointee <= 0x20,
            cursor.pointee == 0x20 || cursor.pointee == 0x0a || cursor.pointee == 0x0d || cursor.pointee == 0x09
        {
            cursor += 1
        }
    }

    @inline(__always)
    private mutating func next() throws(OTLPError) -> UInt8 {
        skipSpace()
        guard cursor < end else { throw Self.malformed("JSON ends too early") }
        return cursor.pointee
    }

    @inline(__always)
    private mutating func take(_ byte: UInt8) throws(OTLPError) {
        guard try next() == byte else { throw Self.malformed("JSON lacks \"\(Character(UnicodeScalar(byte)))\"") }
        cursor += 1
    }

    private mutating func take(_ word: StaticString) throws(OTLPError) {
        for index in 0..<word.utf8CodeUnitCount {
            guard cursor < end, cursor.pointee == word.utf8Start[index] else {
                throw Self.malformed("a word is not one that JSON has")
            }
            cursor += 1
        }
    }

    /// What stands between quotation marks, and whether anything in it is escaped.
    private mutating func rawString() throws(OTLPError) -> (bytes: UnsafeRawBufferPointer, hasEscapes: Bool) {
        try take(UInt8(ascii: "\""))
        let start = cursor
        var hasEscapes = false
        while cursor < end {
            let byte = cursor.pointee
            if byte == UInt8(ascii: "\"") {
                defer { cursor += 1 }
                return (UnsafeRawBufferPointer(start: start, count: cursor - start), hasEscapes)
            }
            if byte == UInt8(ascii: "\\") {
                hasEscapes = true
                // What is escaped may be a quotation mark.
                guard end - cursor > 1 else { break }
                cursor += 1
            }
            cursor += 1
        }
        throw Self.malformed("a text does not end")
    }

    static func malformed(_ what: String) -> OTLPError {
        OTLPError(.malformed, "bytes are no message of OTLP in JSON: \(what)")
    }
}
