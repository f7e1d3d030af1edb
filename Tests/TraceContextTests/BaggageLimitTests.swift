// SPDX-License-Identifier: Apache-2.0

import Testing
import TraceContext

@Suite("How much baggage is carried (W3C Baggage, section 3.3.2)")
struct BaggageLimitTests {
    /// So many members, the last of which is as long as it takes.
    private static func text(of count: Int, byteCount: Int) -> String {
        let text = (0..<count).map { "k\($0 + 100)=" }.joined(separator: ",")
        return text + String(repeating: "v", count: byteCount - text.utf8.count)
    }

    @Test(
        "Baggage §3.3.2: Up to 64 members in up to 8,192 bytes are all passed on",
        arguments: [(1, 8192), (2, 8192), (63, 8192), (64, 8192), (64, 400), (64, 8191)]
    )
    func withinLimits(count: Int, byteCount: Int) {
        let text = Self.text(of: count, byteCount: byteCount)
        #expect(text.utf8.count == byteCount)
        #expect(Baggage(text).description == text)
        #expect(Baggage(text).members.count == count)
        // A member that breaks the grammar doesn't take the place of a legal one.
        #expect(Baggage("illegal," + text).description == text)
    }

    @Test("Baggage §3.3.2: Members that are added count as those that were received do")
    func added() {
        var many = Baggage(Self.text(of: 63, byteCount: 1000))
        many["last"] = "x"
        #expect(many.members.count == 64)
        #expect(many["last"] == "x")
        var long = Baggage(Self.text(of: 10, byteCount: 8192 - 7))
        long["last"] = "x"
        #expect(long.description.utf8.count == 8192)
        #expect(long["last"] == "x")
    }

    @Test(
        "Baggage §3.3.2: Beyond the limits whole members are left out, from the right",
        arguments: [(65, 1000, 64), (180, 4000, 64), (1000, 9000, 64), (64, 8193, 63), (10, 20_000, 9), (1, 8193, 0)]
    )
    func beyondLimits(count: Int, byteCount: Int, kept: Int) {
        let text = Self.text(of: count, byteCount: byteCount)
        let expected = text.split(separator: ",").prefix(kept).joined(separator: ",")
        #expect(Baggage(text).description == expected)
        #expect(Baggage("illegal," + text).description == expected)
    }

    @Test("Baggage §3.3.2: No member is ever cut: not by a limit of one's own, nor by one that is set")
    func wholeMembers() {
        let text = Self.text(of: 3, byteCount: 100)
        #expect(Baggage(text).text(maximumByteCount: 100) == text)
        #expect(Baggage(text).text(maximumByteCount: 99) == "k100=,k101=")
        #expect(Baggage(text).text(maximumByteCount: 10) == "k100=")
        #expect(Baggage(text).text(maximumByteCount: 0) == "")
        var baggage = Baggage("a=1,b=2")
        baggage["c"] = String(repeating: "v", count: 8191)
        #expect(baggage.description == "a=1,b=2")
        baggage["a"] = String(repeating: "v", count: 8190)
        #expect(baggage.description == "a=" + String(repeating: "v", count: 8190))
    }

    @Test("Baggage §3.3.2: Several fields have the limits together")
    func joinedFields() {
        let fields = (0..<4).map { _ in (name: "baggage", value: Self.text(of: 20, byteCount: 200)) }
        let baggage = BaggagePropagator().extract(from: ContextCarrier(httpFields: fields)).baggage
        #expect(baggage.members.count == 64)
        let long = (0..<3).map { (name: "baggage", value: "k\($0)=" + String(repeating: "v", count: 4000)) }
        let two = BaggagePropagator().extract(from: ContextCarrier(httpFields: long)).baggage
        #expect(two.members.map(\.key) == ["k0", "k1"])
    }

    @Test("A field that is far too long costs no more than its length")
    func bounded() {
        #expect(Baggage(String(repeating: ",", count: 1 << 20)).isEmpty)
        #expect(Baggage(String(repeating: "k=v,", count: 1 << 18)).members.count == 64)
        #expect(Baggage("k=" + String(repeating: "v", count: 1 << 20)).isEmpty)
    }
}
