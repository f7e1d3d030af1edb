// SPDX-License-Identifier: Apache-2.0

import Testing
import TraceContext

@Suite("Which baggage is taken along")
struct BaggagePolicyTests {
    static let text = "tenant=acme;tier=gold , plan = %66ree,secret=x,tenant=other"

    struct Row: Sendable, CustomTestStringConvertible {
        var policy: BaggagePolicy
        var expected: String
        var testDescription: String { "\(policy)" }

        init(_ policy: BaggagePolicy, _ expected: String) {
            self.policy = policy
            self.expected = expected
        }
    }

    @Test(
        "A policy keeps whole entries, as they were written and in order",
        arguments: [
            Row(.none, ""),
            Row(.all, text),
            Row(.keys([]), ""),
            Row(.keys(["plan"]), "plan = %66ree"),
            Row(.keys(["tenant", "plan"]), "tenant=acme;tier=gold,plan = %66ree,tenant=other"),
            Row(.keys(["Tenant", "tier", "gold", "acme"]), ""),
            Row(.keys(["unknown"]), ""),
        ]
    )
    func keeps(_ row: Row) {
        #expect(row.policy.applied(to: Baggage(Self.text)).description == row.expected)
    }

    @Test(
        "Entries are kept from the left while the text has room for them",
        arguments: [
            (Int.min, ""), (0, ""), (2, ""), (3, "a=1"), (6, "a=1"), (8, "a=1"), (9, "a=1,bb=22"), (12, "a=1,bb=22"),
            (13, "a=1,bb=22,c=3"), (Int.max, "a=1,bb=22,c=3"),
        ]
    )
    func room(maxBytes: Int, expected: String) {
        let baggage = Baggage("a=1,bb=22,x=9,c=3")
        #expect(BaggagePolicy.keys(["a", "bb", "c"], maxBytes: maxBytes).applied(to: baggage).description == expected)
    }

    @Test("An entry without room ends the list, though a shorter one would follow")
    func noGap() {
        let policy = BaggagePolicy.keys(["a", "long", "c"], maxBytes: 8)
        #expect(policy.applied(to: Baggage("a=1,long=0123456789,c=3")).description == "a=1")
    }

    @Test("The room is the whole field by default")
    func defaultRoom() {
        let entry = "k=" + String(repeating: "v", count: Baggage.maximumByteCount - 2)
        #expect(BaggagePolicy.keys(["k"]).applied(to: Baggage(entry)).description == entry)
        #expect(BaggagePolicy.keys(["k"]) == .keys(["k"], maxBytes: 8192))
    }

    @Test("What a policy lets through reads back as it stands")
    func readsBack() {
        let kept = BaggagePolicy.keys(["tenant"]).applied(to: Baggage(Self.text))
        #expect(Baggage(kept.description) == kept)
        #expect(kept.members.map(\.value) == ["acme", "other"])
        #expect(kept.members.first?.properties.map(\.key) == ["tier"])
    }
}
