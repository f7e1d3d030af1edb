// SPDX-License-Identifier: Apache-2.0

import Testing
import TraceContext

/// What the specification says, put down as plainly as it says it.
private enum Reference {
    static let alphanumeric = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    static let token = Set(alphanumeric + "!#$%&'*+-.^_`|~")
    static let octets = Set(alphanumeric + "!#$%&'()*+-./:<=>?@[]^_`{|}~")

    static func trimmed(_ text: some StringProtocol) -> String {
        let blanks: Set<Character> = [" ", "\t"]
        return String(text.drop { blanks.contains($0) }.reversed().drop { blanks.contains($0) }.reversed())
    }

    /// The legal members of a field, as they are written.
    static func members(_ text: String) -> [String] {
        text.split(separator: ",").map(trimmed).filter(isMember)
    }

    static func isMember(_ text: String) -> Bool {
        let parts = text.split(separator: ";", omittingEmptySubsequences: false)
        return parts.indices.allSatisfy { isPair(parts[$0], needsValue: $0 == 0) }
    }

    private static func isPair(_ text: Substring, needsValue: Bool) -> Bool {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(trimmed)
        guard let key = parts.first, !key.isEmpty, key.allSatisfy(token.contains) else { return false }
        return parts.count == 2 ? parts[1].allSatisfy(octets.contains) : !needsValue
    }
}

@Suite("baggage, many cases")
struct BaggagePropertyTests {
    private static let tokenBytes = Reference.token.map(\.utf8).compactMap(\.first).sorted()
    private static let plainBytes = Reference.octets.filter { $0 != "%" }.map(\.utf8).compactMap(\.first).sorted()
    private static let blanks = ["", "", " ", "\t", " \t "]

    /// A key, or a key and a value, as it is written and as it is meant.
    private struct Pair {
        var text: String
        var key: String
        var value: String?

        init(_ random: inout Seeded, hasValue: Bool) {
            func blank() -> String { blanks[random.below(blanks.count)] }
            key = random.text(1 + random.below(6), of: tokenBytes)
            text = blank() + key + blank()
            guard hasValue else { return }
            var value = ""
            text += "=" + blank()
            for _ in 0..<random.below(6) {
                // What need not be encoded may be; what must be is.
                let character = random.below(3) == 0 ? ["é", "🚂", " ", "%", ",", "a"][random.below(6)] : nil
                let plain = random.text(1, of: plainBytes)
                value += character ?? plain
                text +=
                    character?.utf8.map { "%" + String(256 + Int($0), radix: 16).suffix(2) }.joined() ?? plain
            }
            self.value = value
            text += blank()
        }
    }

    private static func member(_ random: inout Seeded) -> (text: String, member: Baggage.Member?) {
        let pair = Pair(&random, hasValue: true)
        let properties = (0..<random.below(3)).map { _ in Pair(&random, hasValue: random.below(2) == 0) }
        let member = Baggage.Member(
            key: pair.key,
            value: pair.value ?? "",
            properties: properties.compactMap { Baggage.Property(key: $0.key, value: $0.value) }
        )
        return (([pair.text] + properties.map(\.text)).joined(separator: ";"), member)
    }

    @Test("15,000 legal fields are kept as they are written, and mean what they were made of")
    func legal() {
        var random = Seeded(22)
        for _ in 0..<15_000 {
            let members = (0...random.below(4)).map { _ in Self.member(&random) }
            let text = members.map(\.text).joined(separator: ",")
            let baggage = Baggage(text)
            if baggage.description != text || baggage.members != members.compactMap(\.member) {
                Issue.record("\(text)")
            }
        }
    }

    @Test("40,000 fields with bytes changed, left out or put in keep just the members that are legal")
    func mutated() {
        var random = Seeded(23)
        let alphabet = Array("ab=,; \t%4\"\\()\u{7f}\u{1f}".utf8) + [0xc3]
        var verdicts = (legal: 0, illegal: 0)
        for _ in 0..<40_000 {
            let members = (0...random.below(3)).map { _ in Self.member(&random) }
            let text = random.mutated(members.map(\.text).joined(separator: ","), with: alphabet)
            let baggage = Baggage(text)
            let legal = Reference.members(text)
            let isWhole = legal.count == text.split(separator: ",", omittingEmptySubsequences: false).count
            if baggage.description != (isWhole ? text : legal.joined(separator: ",")) { Issue.record("\(text)") }
            if isWhole { verdicts.legal += 1 } else { verdicts.illegal += 1 }
        }
        #expect(verdicts.legal > 4000 && verdicts.illegal > 4000)
    }

    @Test("Unicode scalars of every length come back as they were set")
    func scalars() {
        let scalars = (Array(0..<0x1000) + Array(stride(from: 0x1000, through: 0x10ffff, by: 61))).compactMap {
            UnicodeScalar($0)
        }
        for start in stride(from: 0, to: scalars.count, by: 500) {
            let value = String(String.UnicodeScalarView(scalars[start..<min(start + 500, scalars.count)]))
            var baggage = Baggage()
            baggage["k"] = value
            if baggage["k"] != value || Baggage(baggage.description) != baggage { Issue.record("\(start)") }
        }
    }

    @Test("3,000 rows of changes leave every other member as it was written")
    func mutations() {
        var random = Seeded(24)
        for _ in 0..<3000 {
            let members = (0..<3).map {
                "\(["a", "b", "c"][random.below(3)])=\(["%66%ff", "1;p = q", ""][random.below(3)])|\($0)"
            }
            let key = ["a", "b", "c", "d"][random.below(4)]
            var baggage = Baggage(members.joined(separator: ","))
            baggage[key] = random.below(2) == 0 ? "x" : nil
            let others = members.filter { !$0.hasPrefix("\(key)=") }
            let kept = baggage.description.split(separator: ",").map(String.init).filter { $0 != "\(key)=x" }
            if kept != others { Issue.record("\(members), \(key)") }
        }
    }

    @Test("30,000 random texts are read without a trap and come back as they were read")
    func garbage() {
        var random = Seeded(21)
        let alphabet = Array("ab=,;% \t%41é\\\"".utf8)
        for _ in 0..<30_000 {
            let text = random.text(random.below(30), of: alphabet)
            let baggage = Baggage(text)
            if Baggage(baggage.description) != baggage { Issue.record("\(text)") }
        }
    }
}
