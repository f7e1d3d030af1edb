// SPDX-License-Identifier: Apache-2.0

/// How baggage is written (W3C Baggage, section 3.3): tokens, percent-coded values, properties.
enum BaggageGrammar {
    typealias Bytes = Substring.UTF8View

    /// One member; `nil` if it breaks the grammar.
    static func member(_ part: Bytes) -> Baggage.Member? {
        let parts = part.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false)
        guard let (key, found) = parts.first.flatMap(keyAndValue), let value = found else { return nil }
        var properties: [Baggage.Property] = []
        for part in parts.dropFirst() {
            guard let (key, value) = keyAndValue(part), let property = Baggage.Property(key: key, value: value) else {
                return nil
            }
            properties.append(property)
        }
        return Baggage.Member(key: key, value: value, properties: properties)
    }

    /// `key`, or `key=value`, with white space round both.
    private static func keyAndValue(_ part: Bytes) -> (String, String?)? {
        guard let equals = part.firstIndex(of: UInt8(ascii: "=")) else {
            return String(trimmed(part)).map { ($0, nil) }
        }
        let value = trimmed(part[part.index(after: equals)...])
        guard let key = String(trimmed(part[..<equals])), value.allSatisfy(isOctet) else { return nil }
        return (key, decoded(value))
    }

    /// The key of a member that is known to be legal.
    static func key(of member: Bytes) -> String? {
        String(trimmed(member.prefix { $0 != UInt8(ascii: "=") }))
    }

    static func trimmed(_ part: Bytes) -> Bytes {
        let head = part.drop(while: isBlank)
        return head.dropLast(head.reversed().prefix(while: isBlank).count)
    }

    /// Percent-coded bytes that are no UTF-8 become U+FFFD; a `%` without two digits stands for itself.
    private static func decoded(_ value: Bytes) -> String {
        guard value.contains(UInt8(ascii: "%")) else { return String(decoding: value, as: UTF8.self) }
        var bytes: [UInt8] = []
        var rest = value[...]
        while let byte = rest.popFirst() {
            let digits = rest.prefix(2).compactMap { Character(UnicodeScalar($0)).hexDigitValue }
            if byte == UInt8(ascii: "%"), digits.count == 2 {
                bytes.append(UInt8(digits[0] << 4 | digits[1]))
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// How a member is written.
    static func text(of member: Baggage.Member) -> String {
        member.properties.reduce("\(member.key)=\(encoded(member.value))") { text, property in
            text + ";" + property.key + (property.value.map { "=" + encoded($0) } ?? "")
        }
    }

    private static func encoded(_ value: String) -> String {
        var text = ""
        for byte in value.utf8 {
            if isOctet(byte), byte != UInt8(ascii: "%") {
                text.unicodeScalars.append(UnicodeScalar(byte))
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                text += digits.count == 1 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return text
    }

    /// RFC 7230, section 3.2.6.
    static func isToken(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy(isTokenByte)
    }

    static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "#")...UInt8(ascii: "'"), UInt8(ascii: "^"),
            UInt8(ascii: "_"), UInt8(ascii: "`"), UInt8(ascii: "!"), UInt8(ascii: "*"), UInt8(ascii: "+"),
            UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "|"), UInt8(ascii: "~"):
            true
        default: false
        }
    }

    /// `baggage-octet`: printable ASCII without space, double quote, comma, semicolon and backslash.
    static func isOctet(_ byte: UInt8) -> Bool {
        (0x21...0x7e).contains(byte) && byte != 0x22 && byte != 0x2c && byte != 0x3b && byte != 0x5c
    }

    static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
}
