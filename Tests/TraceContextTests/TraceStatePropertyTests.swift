// SPDX-License-Identifier: Apache-2.0

import Testing
import TraceContext

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
