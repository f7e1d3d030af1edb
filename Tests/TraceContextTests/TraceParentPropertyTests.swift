// SPDX-License-Identifier: Apache-2.0

import Testing
import TraceContext

/// What the specification says, put down as plainly as it says it.
private enum Reference {
    static let digits = Set("0123456789abcdef")

    static func isValid(_ text: String) -> Bool {
        guard text.utf8.count == text.count, text.count >= 55 else { return false }
        let fields = text.prefix(55).split(separator: "-", omittingEmptySubsequences: false).map(String.init)
        guard fields.map(\.count) == [2, 32, 16, 2], fields.allSatisfy({ $0.allSatisfy(digits.contains) }) else {
            return false
        }
        guard fields[0] != "ff", Set(fields[1]) != ["0"], Set(fields[2]) != ["0"] else { return false }
        let rest = text.dropFirst(55)
        return rest.isEmpty || (fields[0] != "00" && rest.first == "-")
    }
}

@Suite("traceparent, many cases")
struct TraceParentPropertyTests {
    @Test("60,000 legal fields of any version come back as version 00, with the flags that are known")
    func legal() {
        var random = Seeded(1)
        let digits = Array("0123456789abcdef".utf8)
        for _ in 0..<60_000 {
            let traceID = String(decoding: random.bytes(32, of: digits), as: UTF8.self)
            let spanID = String(decoding: random.bytes(16, of: digits), as: UTF8.self)
            let flags = UInt8.random(in: 0...255, using: &random)
            let version =
                random.next() % 2 == 0 ? "00" : String(UInt8.random(in: 1...254, using: &random) | 0x10, radix: 16)
            let tail = version != "00" && random.next() % 2 == 0 ? "-" + traceID : ""
            let hex = String(flags, radix: 16)
            let text = "\(version)-\(traceID)-\(spanID)-\(hex.count == 1 ? "0" + hex : hex)\(tail)"
            guard Reference.isValid(text) else { continue }
            #expect(TraceParent(text)?.description == "00-\(traceID)-\(spanID)-0\(flags & 3)", "\(text)")
        }
    }

    @Test("60,000 fields with bytes changed, left out or put in are read just when the specification allows it")
    func mutated() {
        var random = Seeded(2)
        let alphabet = Array("0123456789abcdefABCDEFg-_ \t\u{7f}/:@`".utf8)
        let legal = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        var accepted = 0
        for _ in 0..<60_000 {
            let text = random.mutated(legal, with: alphabet)
            let parsed = TraceParent(text)
            #expect((parsed != nil) == Reference.isValid(text), "\(text)")
            accepted += parsed == nil ? 0 : 1
        }
        #expect(accepted > 1000)
    }

    @Test("Any bytes at all are read without a trap, and hardly ever as a field")
    func garbage() {
        var random = Seeded(3)
        for _ in 0..<20_000 {
            let bytes = random.bytes(Int(random.next() % 120), of: Array(0...255))
            let parsed = bytes.withUnsafeBufferPointer { TraceParent(utf8: $0) }
            #expect(parsed == nil)
        }
    }
}
