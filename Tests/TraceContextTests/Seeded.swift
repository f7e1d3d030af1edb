// SPDX-License-Identifier: Apache-2.0

/// Random numbers that are the same in every run, for tests that try many cases.
struct Seeded: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    /// SplitMix64.
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = (state ^ state >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }

    /// So many of these bytes.
    mutating func bytes(_ count: Int, of alphabet: [UInt8]) -> [UInt8] {
        (0..<count).map { _ in alphabet[Int(next() % UInt64(alphabet.count))] }
    }

    /// A number below this one.
    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

    /// Text of so many characters of this alphabet.
    mutating func text(_ count: Int, of alphabet: [UInt8]) -> String {
        String(decoding: bytes(count, of: alphabet), as: UTF8.self)
    }

    /// A text with up to three bytes changed, left out or put in.
    mutating func mutated(_ text: String, with alphabet: [UInt8]) -> String {
        var bytes = Array(text.utf8)
        for _ in 0...below(3) where !bytes.isEmpty {
            let position = below(bytes.count)
            switch below(8) {
            case 0: bytes.remove(at: position)
            case 1: bytes.insert(alphabet[below(alphabet.count)], at: position)
            default: bytes[position] = alphabet[below(alphabet.count)]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
