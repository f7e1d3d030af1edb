// SPDX-License-Identifier: Apache-2.0

import Testing
import TraceContext

@Suite("baggage (W3C Baggage, section 3)")
struct BaggageTests {
    @Test("The specification's examples are read, and passed on as they came")
    func examples() {
        let baggage = Baggage("key1=value1;property1;property2, key2 = value2, key3=value3; propertyKey=propertyValue")
        #expect(baggage["key2"] == "value2")
        #expect(baggage.members[2].properties.first?.value == "propertyValue")
        #expect(
            baggage.description
                == "key1=value1;property1;property2, key2 = value2, key3=value3; propertyKey=propertyValue"
        )
        #expect(Baggage("userId=Am%C3%A9lie,serverNode=DF%2028")["userId"] == "Amélie")
    }

    @Test("Values are percent-coded, the percent sign too; bytes that are no UTF-8 become U+FFFD")
    func coding() {
        var baggage = Baggage()
        baggage["k"] = "a b%,;\\\"é="
        #expect(baggage.description == "k=a%20b%25%2C%3B%5C%22%C3%A9=")
        #expect(Baggage(baggage.description) == baggage)
        #expect(Baggage("k=%ff%41")["k"] == "\u{FFFD}A")
        #expect(Baggage("k=100%")["k"] == "100%")
    }

    @Test(
        "A member that breaks the grammar is left out, and the others stay",
        arguments: ["", "k", "=v", "k ey=v", "k=v w", "k=\"v\"", "k=v;=p", "k=v;p q", "é=v", "k=v\\"]
    )
    func malformed(member: String) {
        let baggage = Baggage("before=1,\(member),after=2")
        #expect(baggage.members.map(\.key) == ["before", "after"])
    }

    @Test("64 members of 8,192 bytes are handed on whole; beyond that whole members are left out")
    func limits() {
        let value = String(repeating: "x", count: 8192 / 64 - 5)
        let full = (0..<64).map { "k\($0 < 10 ? "0" : "")\($0)=\(value)" }.joined(separator: ",")
        #expect(full.utf8.count <= 8192)
        #expect(Baggage(full).description == full)
        #expect(Baggage(full + ",more=1").members.count == 64)
        let large = Baggage("a=1,b=" + String(repeating: "x", count: 9000) + ",c=3")
        #expect(large.description.utf8.count <= 8192)
        #expect(Baggage(String(repeating: ",", count: 1 << 20)).isEmpty)
    }

    @Test("Keys that stand twice keep their order until one is set; filtering keeps what it is told to")
    func mutation() {
        var baggage = Baggage("a=1,b=2,a=3")
        #expect(baggage.description == "a=1,b=2,a=3")
        baggage["a"] = "4"
        #expect(baggage.description == "a=4,b=2")
        baggage["not a token"] = "x"
        #expect(baggage.filtered(keys: ["b"]).description == "b=2")
        baggage["a"] = nil
        #expect(baggage.description == "b=2")
    }

    @Test("30,000 random texts are read without a trap and come back as they were read")
    func garbage() {
        var random = Seeded(21)
        let alphabet = Array("ab=,;% \t%41é\\\"".utf8)
        for _ in 0..<30_000 {
            let text = String(decoding: random.bytes(Int(random.next() % 30), of: alphabet), as: UTF8.self)
            let baggage = Baggage(text)
            #expect(Baggage(baggage.description) == baggage, "\(text)")
        }
    }
}
