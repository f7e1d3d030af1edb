// SPDX-License-Identifier: Apache-2.0

/// The values that the spans of a block have of one attribute, in as few bytes as their kind allows.
enum ValueColumn {
    private enum Mode: UInt8 {
        /// Lengths, then bytes.
        case plain = 0
        /// 36 characters as 16 bytes, among the bytes that can't be made smaller.
        case identifiers = 1
        /// Few different ones, and which each is.
        case dictionary = 2
        /// The same letters, then a number.
        case numbered = 3
        /// What they are more than the smallest of them.
        case integers = 4
        /// Thousandths.
        case thousandths = 5
    }

    /// Writes values.
    static func write(
        _ values: [ArraySlice<UInt8>],
        _ type: ColumnType,
        to bytes: inout [UInt8],
        raw: inout [UInt8]
    ) {
        if let dictionary = dictionary(values) {
            bytes.append(Mode.dictionary.rawValue)
            bytes.append(varint: UInt64(dictionary.words.count))
            for word in dictionary.words { bytes.append(delimited: word) }
            if dictionary.words.count > 1 { bytes += dictionary.places }
            return
        }
        switch type {
        case .string:
            if writeIdentifiers(values, to: &bytes, raw: &raw) || writeNumbered(values, to: &bytes) { return }
        case .int: if writeIntegers(values, to: &bytes) { return }
        case .double: if writeThousandths(values, to: &bytes) { return }
        case .bool: break
        }
        bytes.append(Mode.plain.rawValue)
        for value in values { bytes.append(varint: UInt64(value.count)) }
        for value in values { bytes += value }
    }

    private static func dictionary(_ values: [ArraySlice<UInt8>]) -> (words: [ArraySlice<UInt8>], places: [UInt8])? {
        var words: [ArraySlice<UInt8>] = []
        var places: [UInt8] = []
        for value in values {
            if let place = words.firstIndex(of: value) {
                places.append(UInt8(truncatingIfNeeded: place))
            } else {
                guard words.count < 12 else { return nil }
                places.append(UInt8(truncatingIfNeeded: words.count))
                words.append(value)
            }
        }
        return words.count * 3 <= values.count || words.count == 1 ? (words, places) : nil
    }

    private static func writeIdentifiers(
        _ values: [ArraySlice<UInt8>],
        to bytes: inout [UInt8],
        raw: inout [UInt8]
    ) -> Bool {
        let start = raw.count
        for value in values {
            guard value.count == 36, append(value, to: &raw) else {
                raw.removeSubrange(start...)
                return false
            }
        }
        bytes.append(Mode.identifiers.rawValue)
        return true
    }

    private static func append(_ text: ArraySlice<UInt8>, to raw: inout [UInt8]) -> Bool {
        var high: UInt8?
        for (place, letter) in text.enumerated() {
            if place == 8 || place == 13 || place == 18 || place == 23 {
                guard letter == UInt8(ascii: "-") else { return false }
                continue
            }
            let digit: UInt8
            switch letter {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = letter - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = letter - UInt8(ascii: "a") + 10
            default: return false
            }
            if let left = high {
                raw.append(left << 4 | digit)
                high = nil
            } else {
                high = digit
            }
        }
        return true
    }

    private static func writeNumbered(_ values: [ArraySlice<UInt8>], to bytes: inout [UInt8]) -> Bool {
        guard let first = values.first else { return false }
        let letters = first.prefix { !($0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9")) }
        var numbers: [UInt64] = []
        for value in values {
            let digits = value.dropFirst(letters.count)
            guard value.starts(with: letters), (1...18).contains(digits.count) else { return false }
            guard digits.first != UInt8(ascii: "0") || digits.count == 1 else { return false }
            var number: UInt64 = 0
            for digit in digits {
                guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return false }
                number = number * 10 + UInt64(digit - UInt8(ascii: "0"))
            }
            numbers.append(number)
        }
        bytes.append(Mode.numbered.rawValue)
        bytes.append(delimited: letters)
        for number in numbers { bytes.append(varint: number) }
        return true
    }

    private static func writeIntegers(_ values: [ArraySlice<UInt8>], to bytes: inout [UInt8]) -> Bool {
        var numbers: [Int64] = []
        for value in values {
            guard let number = integer(value) else { return false }
            numbers.append(number)
        }
        let least = numbers.min() ?? 0
        bytes.append(Mode.integers.rawValue)
        bytes.append(varint: UInt64(bitPattern: least))
        for number in numbers { bytes.append(varint: UInt64(bitPattern: number &- least)) }
        return true
    }

    private static func integer(_ value: ArraySlice<UInt8>) -> Int64? {
        value.withUnsafeBytes { bytes in
            var reader = ByteReader(bytes)
            guard let number = try? reader.varint(), reader.remainingCount == 0 else { return nil }
            return Int64(bitPattern: number)
        }
    }

    private static func writeThousandths(_ values: [ArraySlice<UInt8>], to bytes: inout [UInt8]) -> Bool {
        var numbers: [UInt64] = []
        for value in values {
            let bits = value.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)) }
            let number = (Double(bitPattern: bits) * 1_000).rounded()
            guard number >= 0, number < 1e12, (number / 1_000).bitPattern == bits else { return false }
            numbers.append(UInt64(number))
        }
        bytes.append(Mode.thousandths.rawValue)
        for number in numbers { bytes.append(varint: number) }
        return true
    }

    /// Reads values: their bytes, one after the other, and where each ends.
    static func read(
        _ reader: inout ByteReader,
        raw: inout ByteReader,
        count: Int,
        into text: inout [UInt8],
        ends: inout [Int]
    ) throws(DamagedBytes) {
        guard let mode = Mode(rawValue: try reader.number()) else { throw DamagedBytes() }
        switch mode {
        case .plain:
            var lengths: [Int] = []
            for _ in 0..<count { lengths.append(try reader.count()) }
            for length in lengths {
                text += try reader.bytes(length)
                ends.append(text.count)
            }
        case .dictionary:
            var words: [UnsafeRawBufferPointer] = []
            for _ in 0..<(try reader.count()) { words.append(try reader.delimited()) }
            for _ in 0..<count {
                let place = words.count > 1 ? Int(try reader.number(UInt8.self)) : 0
                guard place < words.count else { throw DamagedBytes() }
                text += words[place]
                ends.append(text.count)
            }
        case .identifiers:
            for _ in 0..<count {
                appendIdentifier(try raw.bytes(16), to: &text)
                ends.append(text.count)
            }
        case .numbered:
            let letters = try reader.delimited()
            for _ in 0..<count {
                text += letters
                append(decimal: try reader.varint(), to: &text)
                ends.append(text.count)
            }
        case .integers:
            let least = try reader.varint()
            for _ in 0..<count {
                text.append(varint: least &+ (try reader.varint()))
                ends.append(text.count)
            }
        case .thousandths:
            for _ in 0..<count {
                text.append(number: (Double(try reader.varint()) / 1_000).bitPattern)
                ends.append(text.count)
            }
        }
    }

    private static func append(decimal number: UInt64, to text: inout [UInt8]) {
        let start = text.count
        var rest = number
        repeat {
            text.append(UInt8(ascii: "0") + UInt8(rest % 10))
            rest /= 10
        } while rest > 0
        text[start...].reverse()
    }

    private static func appendIdentifier(_ raw: UnsafeRawBufferPointer, to text: inout [UInt8]) {
        for (place, byte) in raw.enumerated() {
            if place == 4 || place == 6 || place == 8 || place == 10 { text.append(UInt8(ascii: "-")) }
            for digit in [byte >> 4, byte & 15] {
                text.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
            }
        }
    }
}
