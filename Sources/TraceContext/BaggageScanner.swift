// SPDX-License-Identifier: Apache-2.0

extension BaggageGrammar {
    /// Whether a field's value is legal as it stands, and within the limits; read byte by byte without allocating.
    static func isLegal(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard bytes.count <= Baggage.maximumByteCount else { return false }
        if bytes.isEmpty { return true }
        var scanner = BaggageScanner(bytes: bytes)
        var count = 0
        repeat {
            count += 1
            guard count <= Baggage.maximumCount, scanner.skipMember() else { return false }
        } while scanner.skip(UInt8(ascii: ","))
        return scanner.isAtEnd
    }
}

/// Walks over a `baggage` field by its grammar.
private struct BaggageScanner {
    let bytes: UnsafeBufferPointer<UInt8>
    var position = 0

    var isAtEnd: Bool { position == bytes.count }

    /// `key OWS "=" OWS value *( OWS ";" OWS property )`, with white space round it.
    mutating func skipMember() -> Bool {
        guard skipKey(), skip(UInt8(ascii: "=")) else { return false }
        skipValue()
        while skip(UInt8(ascii: ";")) {
            guard skipKey() else { return false }
            if skip(UInt8(ascii: "=")) { skipValue() }
        }
        return true
    }

    mutating func skip(_ byte: UInt8) -> Bool {
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    private mutating func skipKey() -> Bool {
        skipBlanks()
        let start = position
        while position < bytes.count, BaggageGrammar.isTokenByte(bytes[position]) { position += 1 }
        defer { skipBlanks() }
        return position > start
    }

    private mutating func skipValue() {
        skipBlanks()
        while position < bytes.count, BaggageGrammar.isOctet(bytes[position]) { position += 1 }
        skipBlanks()
    }

    private mutating func skipBlanks() {
        while position < bytes.count, BaggageGrammar.isBlank(bytes[position]) { position += 1 }
    }
}
