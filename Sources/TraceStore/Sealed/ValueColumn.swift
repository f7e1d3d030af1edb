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

    /// Longer ones are not looked at for a number behind them.
    private static let longestPrefix = 64

    /// Writes values.
    ///
    /// - Parameters:
    ///   - values: Where they are.
    ///   - memory: What they are in.
    ///   - type: How they are told.
    ///   - bytes: Gets what can be made smaller.
    ///   - raw: Gets what can't.
    static func write(
        _ values: UnsafeBufferPointer<ByteRange>,
        in memory: UnsafeRawBufferPointer,
        _ type: ColumnType,
        to bytes: inout [UInt8],
        raw: inout [UInt8]
    ) {
        func value(_ range: ByteRange) -> UnsafeRawBufferPointer {
            UnsafeRawBufferPointer(rebasing: memory[range.start..<range.end])
        }
        if writeDictionary(values, value, to: &bytes) { return }
        switch type {
        case .string:
            if writeIdentifiers(values, value, to: &bytes, raw: &raw) || writeNumbered(values, value, to: &bytes) {
                return
            }
        case .int: if writeIntegers(values, value, to: &bytes) { return }
        case .double: if writeThousandths(values, value, to: &bytes) { return }
        case .bool: break
        }
        bytes.append(Mode.plain.rawValue)
        for range in values { bytes.append(varint: UInt64(range.count)) }
        for range in values { bytes.append(contentsOf: value(range)) }
    }

    private typealias Value = (ByteRange) -> UnsafeRawBufferPointer

    @inline(__always)
    private static func writeDictionary(
        _ values: UnsafeBufferPointer<ByteRange>,
        _ value: Value,
        to bytes: inout [UInt8]
    ) -> Bool {
        withUnsafeTemporaryAllocation(of: Int.self, capacity: 12) { words in
            withUnsafeTemporaryAllocation(of: UInt8.self, capacity: values.count) { places in
                var count = 0
                var last = 0
                for (index, range) in values.enumerated() {
                    let text = value(range)
                    if count == 0 || !text.isEqual(to: value(values[words[last]])) {
                        last = 0
                        while last < count, !text.isEqual(to: value(values[words[last]])) { last += 1 }
                        if last == count {
                            guard count < 12, (count + 1) * 3 <= values.count || count == 0 else { return false }
                            words[count] = index
                            count += 1
                        }
                    }
                    places[index] = UInt8(truncatingIfNeeded: last)
                }
                bytes.append(Mode.dictionary.rawValue)
                bytes.append(varint: UInt64(count))
                for place in 0..<count { bytes.append(lent: value(values[words[place]])) }
                if count > 1 { bytes.append(contentsOf: places) }
                return true
            }
        }
    }

    private static func writeIdentifiers(
        _ values: UnsafeBufferPointer<ByteRange>,
        _ value: Value,
        to bytes: inout [UInt8],
        raw: inout [UInt8]
    ) -> Bool {
        let start = raw.count
        for range in values {
            guard range.count == 36, append(value(range), to: &raw) else {
                raw.removeLast(raw.count - start)
                return false
            }
        }
        bytes.append(Mode.identifiers.rawValue)
        return true
    }

    private static func append(_ text: UnsafeRawBufferPointer, to raw: inout [UInt8]) -> Bool {
        var place = 0
        while place < 36 {
            if place == 8 || place == 13 || place == 18 || place == 23 {
                guard text[place] == UInt8(ascii: "-") else { return false }
                place &+= 1
            }
            guard let high = digit(text[place]), let low = digit(text[place &+ 1]) else { return false }
            raw.append(high << 4 | low)
            place &+= 2
        }
        return true
    }

    @inline(__always)
    private static func digit(_ letter: UInt8) -> UInt8? {
        switch letter {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): letter &- UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): letter &- UInt8(ascii: "a") &+ 10
        default: nil
        }
    }

    private static func writeNumbered(
        _ values: UnsafeBufferPointer<ByteRange>,
        _ value: Value,
        to bytes: inout [UInt8]
    ) -> Bool {
        guard let first = values.first.map(value) else { return false }
        let size = first.firstIndex { isDigit($0) } ?? first.count
        guard size <= longestPrefix else { return false }
        let letters = UnsafeRawBufferPointer(rebasing: first[..<size])
        let start = bytes.count
        bytes.append(Mode.numbered.rawValue)
        bytes.append(lent: letters)
        for range in values {
            let text = value(range)
            guard text.count > size, text.count <= size + 18,
                UnsafeRawBufferPointer(rebasing: text[..<size]).isEqual(to: letters),
                let number = number(UnsafeRawBufferPointer(rebasing: text[size...]))
            else {
                bytes.removeLast(bytes.count - start)
                return false
            }
            bytes.append(varint: number)
        }
        return true
    }

    @inline(__always)
    private static func isDigit(_ letter: UInt8) -> Bool {
        letter >= UInt8(ascii: "0") && letter <= UInt8(ascii: "9")
    }

    /// The number that up to 18 digits are, if it is told as it would be again.
    private static func number(_ digits: UnsafeRawBufferPointer) -> UInt64? {
        guard digits[0] != UInt8(ascii: "0") || digits.count == 1 else { return nil }
        var number: UInt64 = 0
        for digit in digits {
            guard isDigit(digit) else { return nil }
            number = number &* 10 &+ UInt64(digit &- UInt8(ascii: "0"))
        }
        return number
    }

    private static func writeIntegers(
        _ values: UnsafeBufferPointer<ByteRange>,
        _ value: Value,
        to bytes: inout [UInt8]
    ) -> Bool {
        var least = Int64.max
        for range in values {
            guard let number = integer(value(range)) else { return false }
            least = min(least, number)
        }
        bytes.append(Mode.integers.rawValue)
        bytes.append(varint: UInt64(bitPattern: least))
        for range in values {
            bytes.append(varint: UInt64(bitPattern: (integer(value(range)) ?? 0) &- least))
        }
        return true
    }

    /// The number that bytes are, if it has no more of them than it needs.
    @inline(__always)
    private static func integer(_ bytes: UnsafeRawBufferPointer) -> Int64? {
        guard var reader = FieldReader(bytes), let number = try? reader.shortest(), reader.isAtEnd else { return nil }
        return Int64(bitPattern: number)
    }

    private static func writeThousandths(
        _ values: UnsafeBufferPointer<ByteRange>,
        _ value: Value,
        to bytes: inout [UInt8]
    ) -> Bool {
        let start = bytes.count
        bytes.append(Mode.thousandths.rawValue)
        for range in values {
            let bits = range.count == 8 ? UInt64(littleEndian: value(range).loadUnaligned(as: UInt64.self)) : .max
            let number = (Double(bitPattern: bits) * 1_000).rounded()
            guard bits >> 63 == 0, number < 1e12, (number / 1_000).bitPattern == bits else {
                bytes.removeLast(bytes.count - start)
                return false
            }
            bytes.append(varint: UInt64(number))
        }
        return true
    }

    /// Reads values: notes where they are in the text, of which the reader's bytes are the beginning, and to which those
    /// are added that stand nowhere as they are.
    static func read(
        _ reader: inout ByteReader,
        raw: inout ByteReader,
        count: Int,
        into text: inout [UInt8],
        values: inout [ByteRange]
    ) throws(DamagedBytes) {
        guard let mode = Mode(rawValue: try reader.number()) else { throw DamagedBytes() }
        switch mode {
        case .plain:
            let first = values.count
            for _ in 0..<count {
                let size = try reader.count()
                guard size <= reader.remainingCount else { throw DamagedBytes() }
                values.append(ByteRange(start: 0, count: size))
            }
            for place in first..<values.count {
                values[place] = ByteRange(start: reader.offset, count: values[place].count)
                _ = try reader.bytes(values[place].count)
            }
        case .dictionary:
            let wordCount = try reader.count()
            guard wordCount > 0, wordCount <= 12 else { throw DamagedBytes() }
            var list: [ByteRange] = []
            for _ in 0..<wordCount {
                let size = try reader.count()
                list.append(ByteRange(start: reader.offset, count: size))
                _ = try reader.bytes(size)
            }
            for _ in 0..<count {
                let place = wordCount > 1 ? Int(try reader.number(UInt8.self)) : 0
                guard place < wordCount else { throw DamagedBytes() }
                values.append(list[place])
            }
        case .identifiers:
            let ids = try raw.bytes(count, times: 16)
            text.append(atMost: count * 36) { sink, start in
                for place in 0..<count {
                    values.append(ByteRange(start: start + sink.count, count: 36))
                    append(identifier: ids, at: place * 16, to: &sink)
                }
            }
        case .numbered:
            let letters = try reader.delimited()
            guard letters.count <= longestPrefix else { throw DamagedBytes() }
            try text.append(atMost: count * (letters.count + 20)) { sink, start throws(DamagedBytes) in
                for _ in 0..<count {
                    let begin = sink.count
                    sink.add(letters)
                    Decimal.withDigits(of: try reader.varint(), isNegative: false) { sink.add($0) }
                    values.append(ByteRange(start: start + begin, count: sink.count - begin))
                }
            }
        case .integers:
            let least = try reader.varint()
            try text.append(atMost: count * 10) { sink, start throws(DamagedBytes) in
                for _ in 0..<count {
                    let begin = sink.count
                    sink.add(varint: least &+ (try reader.varint()))
                    values.append(ByteRange(start: start + begin, count: sink.count - begin))
                }
            }
        case .thousandths:
            try text.append(atMost: count * 8) { sink, start throws(DamagedBytes) in
                for _ in 0..<count {
                    values.append(ByteRange(start: start + sink.count, count: 8))
                    sink.add(unswapped: (Double(try reader.varint()) / 1_000).bitPattern.littleEndian)
                }
            }
        }
    }

    @inline(__always)
    private static func append(identifier raw: UnsafeRawBufferPointer, at start: Int, to sink: inout ByteSink) {
        for place in 0..<16 {
            if place == 4 || place == 6 || place == 8 || place == 10 { sink.add(UInt8(ascii: "-")) }
            let byte = raw[start &+ place]
            sink.add(letter(byte >> 4), letter(byte & 15))
        }
    }

    @inline(__always)
    private static func letter(_ digit: UInt8) -> UInt8 {
        digit < 10 ? UInt8(ascii: "0") &+ digit : UInt8(ascii: "a") &+ digit &- 10
    }
}
