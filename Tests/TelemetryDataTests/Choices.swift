// SPDX-License-Identifier: Apache-2.0

import TelemetryData

/// Makes choices that look random, the same ones from the same seed (SplitMix64).
struct Choices: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: Int) { state = UInt64(seed) }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var number = state
        number = (number ^ number >> 30) &* 0xbf58_476d_1ce4_e5b9
        number = (number ^ number >> 27) &* 0x94d0_49bb_1331_11eb
        return number ^ number >> 31
    }

    mutating func number(_ range: Range<Int>) -> Int { Int.random(in: range, using: &self) }

    mutating func chance(_ outOf: Int) -> Bool { number(0..<outOf) == 0 }

    /// One of few keys, so that they meet again; some are empty, long, or in the same set as another.
    mutating func key() -> String {
        switch number(0..<12) {
        case 0: ""
        case 1: String(repeating: "k", count: number(90..<140))
        // Same letters where the set of a key comes from, others in between.
        case 2, 3: "messaging.\(number(0..<4))destination"
        case 4: "é☃\(number(0..<3))"
        default: String(repeating: "abc", count: number(0..<4)) + "\(number(0..<4))"
        }
    }

    mutating func text() -> String {
        let count = chance(8) ? number(90..<300) : number(0..<40)
        let letters: [Character] = ["a", "b", "é", "☃", "😀"]
        let isASCII = chance(2)
        return String((0..<count).map { _ in isASCII ? "x" : letters[number(0..<letters.count)] })
    }

    mutating func whole() -> Int64 {
        let bits = next() >> UInt64(number(0..<64))
        return chance(3) ? -Int64(truncatingIfNeeded: bits) : Int64(truncatingIfNeeded: bits)
    }

    mutating func value(depth: Int = 2) -> AttributeValue {
        switch number(0..<(depth > 0 ? 9 : 7)) {
        case 0, 1: .string(text())
        case 2, 3: .int(whole())
        case 4: .bool(chance(2))
        case 5: .double(Double(whole()) / 7)
        case 6: .bytes((0..<number(0..<200)).map { UInt8(truncatingIfNeeded: $0) })
        case 7: .array((0..<number(0..<4)).map { _ in value(depth: depth - 1) })
        default: .map(attributes(number(0..<4), depth: depth - 1))
        }
    }

    mutating func attributes(_ count: Int, depth: Int = 2) -> Attributes {
        var attributes = Attributes()
        for _ in 0..<count { attributes[key()] = value(depth: depth) }
        return attributes
    }
}
