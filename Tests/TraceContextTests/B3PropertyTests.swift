// SPDX-License-Identifier: Apache-2.0

import Testing
import TraceContext

/// The forms of the single field, put down as plainly as can be.
private enum Reference {
    static let digits = Set("0123456789abcdefABCDEF")

    static func isValid(_ text: String) -> Bool {
        let fields = text.split(separator: "-", omittingEmptySubsequences: false)
        guard (2...4).contains(fields.count), isID(fields[0], [16, 32]), isID(fields[1], [16]) else { return false }
        if fields.count > 2, !["", "0", "1", "d"].contains(fields[2]) { return false }
        // Nobody reads who the parent was, but a field has no more than its parts.
        return text.utf8.count <= 68
    }

    private static func isID(_ text: Substring, _ lengths: Set<Int>) -> Bool {
        lengths.contains(text.utf8.count) && text.allSatisfy(digits.contains) && text.contains { $0 != "0" }
    }
}

@Suite("b3, many cases")
struct B3PropertyTests {
    private func read(_ text: String) -> SpanContext? {
        var carrier = ContextCarrier()
        carrier["b3"] = text
        return B3Propagator().extract(from: carrier).span
    }

    @Test("10,000 legal fields, ids short and long and of either case, are read for what they say")
    func legal() {
        var random = Seeded(31)
        let digits = Array("0123456789abcdefABCDEF".utf8)
        for _ in 0..<10_000 {
            let traceID = random.text([16, 32][random.below(2)], of: digits)
            let spanID = random.text(16, of: digits)
            let sampling = ["", "-", "-0", "-1", "-d"][random.below(5)]
            let parent = sampling.isEmpty || random.below(2) == 0 ? "" : "-" + random.text(16, of: digits)
            let text = "\(traceID)-\(spanID)\(sampling)\(parent)"
            let padded = String(repeating: "0", count: 32 - traceID.count) + traceID.lowercased()
            let flags = ["-1", "-d"].contains(sampling) ? "01" : "00"
            if read(text)?.traceParent.description != "00-\(padded)-\(spanID.lowercased())-\(flags)" {
                Issue.record("\(text)")
            }
        }
    }

    @Test("20,000 fields with bytes changed, left out or put in are read just when they have B3's form")
    func mutated() {
        var random = Seeded(32)
        let alphabet = Array("0123456789abcdefABCDEFg-d_ \t\u{7f}".utf8) + [0xc3]
        let forms = [
            "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1", "a3ce929d0e0e4736-00f067aa0ba902b7",
            "a3ce929d0e0e4736-00f067aa0ba902b7-d-0000000000000001", "0000000000000001-0000000000000001-0", "0",
        ]
        var verdicts = (legal: 0, illegal: 0)
        for _ in 0..<20_000 {
            let text = random.mutated(forms[random.below(forms.count)], with: alphabet)
            let isValid = Reference.isValid(text)
            if (read(text) != nil) != isValid { Issue.record("\(text)") }
            if isValid { verdicts.legal += 1 } else { verdicts.illegal += 1 }
        }
        #expect(verdicts.legal > 2000 && verdicts.illegal > 2000)
    }
}
