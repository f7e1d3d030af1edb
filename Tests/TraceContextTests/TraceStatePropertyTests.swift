// SPDX-License-Identifier: Apache-2.0

import Testing
import TraceContext

/// What the specification says, put down as plainly as it says it.
private enum Reference {
    static let letters = Set("abcdefghijklmnopqrstuvwxyz0123456789")
    static let keyCharacters = letters.union("_-*/@")

    /// The members of a legal field; `nil` if it is none.
    static func members(_ text: String) -> [String]? {
        let blanks: Set<Character> = [" ", "\t"]
        let members = text.split(separator: ",").map { part in
            String(part.drop { blanks.contains($0) }.reversed().drop { blanks.contains($0) }.reversed())
        }.filter { !$0.isEmpty }
        return members.count <= 32 && members.allSatisfy(isMember) ? members : nil
    }

    static func isMember(_ text: String) -> Bool {
        let parts = text.split(separator: "=", omittingEmptySubsequences: false)
        guard parts.count == 2, (1...256).contains(parts[0].count), (1...256).contains(parts[1].count) else {
            return false
        }
        return parts[0].first.map(letters.contains) == true && parts[0].allSatisfy(keyCharacters.contains)
            && parts[1].unicodeScalars.allSatisfy { (" "..."~").contains($0) } && parts[1].last != " "
    }
}

@Suite("tracestate, many cases")
struct TraceStatePropertyTests {
    private static let keyBytes = Array("abcxyz0189_-*/@".utf8)
    private static let valueBytes = (0x20...0x7e).map { UInt8($0) }.filter { $0 != 0x2c && $0 != 0x3d }

    private func member(_ random: inout Seeded, _ index: Int) -> (key: String, value: String) {
        let key =
            "k\(index)" + String(decoding: random.bytes(Int(random.next() % 20), of: Self.keyBytes), as: UTF8.self)
        let value = String(decoding: random.bytes(Int(random.next() % 20), of: Self.valueBytes), as: UTF8.self) + "!"
        return (key, value)
    }

    @Test("10,000 legal fields, blanks and empty members in them, keep their members and their order")
    func legal() {
        var random = Seeded(11)
        let blanks = ["", " ", "\t", " \t "]
        for _ in 0..<10_000 {
            let members = (0..<Int(random.next() % 33)).map { member(&random, $0) }
            var parts = members.map { "\($0.key)=\($0.value)" }
            // A leading space is the value's own, but not the key's.
            parts = parts.map { blanks.randomElement(using: &random)! + $0 + blanks.randomElement(using: &random)! }
            if random.next() % 3 == 0 { parts.insert(blanks.randomElement(using: &random)!, at: 0) }
            let state = TraceState(parts.joined(separator: ","))
            #expect(state?.members.map(\.key) == members.map(\.key))
            #expect(state?.members.map(\.value) == members.map(\.value))
            #expect(state.flatMap { TraceState($0.description) } == state)
        }
    }

    @Test("40,000 fields with bytes changed, left out or put in are read just when the specification allows it")
    func mutated() {
        var random = Seeded(13)
        let alphabet = Array("ab09_-*/@=, \t!~A.\u{7f}\u{1f}".utf8) + [0xc3]
        var verdicts = (legal: 0, illegal: 0)
        for _ in 0..<40_000 {
            let members = (0..<random.below(4)).map { member(&random, $0) }
            let text = random.mutated(members.map { "\($0.key)=\($0.value)" }.joined(separator: ","), with: alphabet)
            let state = TraceState(text)
            let expected = Reference.members(text)
            if state?.description != expected?.joined(separator: ",") { Issue.record("\(text)") }
            if expected == nil { verdicts.illegal += 1 } else { verdicts.legal += 1 }
        }
        #expect(verdicts.legal > 4000 && verdicts.illegal > 4000)
    }

    @Test("5,000 fields at the bounds of length and number are read just when the specification allows it")
    func bounds() {
        var random = Seeded(14)
        var verdicts = (legal: 0, illegal: 0)
        for _ in 0..<5000 {
            let count = [1, 2, 31, 32, 33, 40][random.below(6)]
            let long = random.below(count)
            let text = (0..<count).map { index in
                let key = String(repeating: "k", count: index == long ? 254 + random.below(4) : 1)
                return "\(key)=" + String(repeating: "v", count: index == long ? 254 + random.below(4) : 1)
            }.joined(separator: ",")
            let expected = Reference.members(text)
            if TraceState(text)?.members.count != expected?.count { Issue.record("\(text)") }
            if expected == nil { verdicts.illegal += 1 } else { verdicts.legal += 1 }
        }
        #expect(verdicts.legal > 500 && verdicts.illegal > 500)
    }

    @Test("2,000 rows of changes keep to the rules of mutation, whatever was there")
    func mutations() throws {
        var random = Seeded(15)
        for _ in 0..<2000 {
            var state = TraceState()
            var expected: [TraceState.Member] = []
            for _ in 0..<40 {
                let key = "k\(random.below(40))"
                let value = random.below(4) == 0 ? nil : "v\(random.below(100))"
                state[key] = value
                expected.removeAll { $0.key == key }
                if let value {
                    let member = try #require(TraceState("\(key)=\(value)")?.members.first)
                    expected = Array(([member] + expected).prefix(32))
                }
            }
            if state.members != expected { Issue.record("\(state)") }
        }
    }

    @Test("Any bytes at all are read without a trap; what is read is legal")
    func garbage() {
        var random = Seeded(12)
        let alphabet = Array("ab=,, \t@A".utf8)
        for _ in 0..<30_000 {
            let text = String(decoding: random.bytes(Int(random.next() % 24), of: alphabet), as: UTF8.self)
            guard let state = TraceState(text) else { continue }
            #expect(state.members.count <= 32)
            #expect(TraceState(state.description) == state, "\(text)")
            #expect(state.members.allSatisfy { !$0.key.contains("A") && !$0.value.isEmpty })
        }
    }
}
