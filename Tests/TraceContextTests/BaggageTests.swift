// SPDX-License-Identifier: Apache-2.0

import Testing
import TraceContext

@Suite("baggage (W3C Baggage, sections 3 and 4)")
struct BaggageTests {
    /// ASCII, byte by byte.
    private static let ascii = (0..<0x80).map { Character(UnicodeScalar(UInt8($0))) }
    private static let alphanumeric = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    private static let tokenCharacters = alphanumeric + "!#$%&'*+-.^_`|~"
    private static let octets = alphanumeric + "!#$%&'()*+-./:<=>?@[]^_`{|}~"

    @Test("Baggage §3: Several fields are one, joined in their order")
    func joined() {
        let carrier = ContextCarrier(httpFields: [
            (name: "baggage", value: "userId=alice"), (name: "Accept", value: "*/*"),
            (name: "baggage", value: "serverNode=DF%2028, isProduction=false"),
        ])
        let baggage = BaggagePropagator().extract(from: carrier).baggage
        #expect(baggage.members.map(\.key) == ["userId", "serverNode", "isProduction"])
        #expect(baggage.members.map(\.value) == ["alice", "DF 28", "false"])
    }

    @Test(
        "Baggage §3: What is received is sent on as it came",
        arguments: [
            "key1=value1;property1;property2, key2 = value2, key3=value3; propertyKey=propertyValue", "a=1,b=2,a=3",
            "a=%66%ff%,b=", "k = \t v ; p = q ; r",
        ]
    )
    func passedOn(text: String) {
        var incoming = ContextCarrier()
        incoming["baggage"] = text
        var outgoing = ContextCarrier()
        let propagator = BaggagePropagator()
        propagator.inject(propagator.extract(from: incoming), into: &outgoing)
        #expect(outgoing.fields == incoming.fields)
    }

    @Test(
        "Baggage §3.1: An HTTP field is baggage in any case, and is written in lower case",
        arguments: ["baggage", "Baggage", "BAGGAGE"]
    )
    func name(name: String) {
        let context = BaggagePropagator().extract(from: ContextCarrier(httpFields: [(name: name, value: "a=1")]))
        var written = ContextCarrier()
        BaggagePropagator().inject(context, into: &written)
        #expect(written.fields.map(\.name) == ["baggage"])
        #expect(written["baggage"] == "a=1")
    }

    @Test(
        "Baggage §3.2: Only ASCII is written, whatever the value",
        arguments: ["é", "日本", "🚂", "\u{0}\u{7f}", "\u{85}"]
    )
    func encoding(value: String) throws {
        var baggage = Baggage()
        let property = try #require(Baggage.Property(key: "p", value: value))
        baggage.set(try #require(Baggage.Member(key: "k", value: value, properties: [property])))
        #expect(baggage.description.utf8.allSatisfy { (0x21...0x7e).contains($0) })
        #expect(Baggage(baggage.description).members.map(\.value) == [value])
    }

    @Test(
        "Baggage §3.3.1: A member that breaks the grammar is left out, and the others stay",
        arguments: [
            "", " ", "k", ";p", "k;p=v", "=v", "k ey=v", "k=v w", "k=v\tw", "k=\"v\"", "k=v;", "k=v;=p", "k=v;p q",
            "k=v;p=q r", "k=v;p=\"q\"", "k=v;p=q\\", "k=v;;p", "é=v", "k=é", "k=v;é", "k=v;p=é", "k=v\\", "k=\u{1}",
            "k=v\u{7f}",
        ]
    )
    func malformed(member: String) {
        let baggage = Baggage("before=1,\(member), after=2")
        #expect(baggage.description == "before=1,after=2")
        #expect(Baggage(member).isEmpty)
    }

    @Test("Baggage §3.3.1.1: Members whose keys are the same keep their order")
    func duplicates() {
        let baggage = Baggage("a=1,b=2,a=3")
        #expect(baggage.members.map(\.key) == ["a", "b", "a"])
        #expect(baggage["a"] == "1")
        var changed = baggage
        changed["c"] = "4"
        changed["b"] = "5"
        #expect(changed.description == "a=1,b=5,a=3,c=4")
    }

    @Test("Baggage §3.3.1.1: Setting a key leaves one member with it")
    func noDuplicates() {
        var baggage = Baggage("a=1,b=2,a=3")
        baggage["a"] = "4"
        #expect(baggage.description == "a=4,b=2")
    }

    @Test("Baggage §3.3.1.2: A key is a token of HTTP", arguments: ascii)
    func keys(character: Character) {
        let isLegal = Self.tokenCharacters.contains(character)
        #expect((Baggage.Member(key: "k\(character)k", value: "") != nil) == isLegal)
        #expect((Baggage.Property(key: "\(character)") != nil) == isLegal)
        // These two end a key, so what is before them would be one.
        if character != "=", character != "," {
            #expect(Baggage("k\(character)k=v").isEmpty != isLegal)
            if character != ";" { #expect(Baggage("k=v;p\(character)p").isEmpty != isLegal) }
        }
        #expect(Baggage.Member(key: "", value: "") == nil)
        #expect(Baggage.Member(key: "é", value: "") == nil)
    }

    @Test("Baggage §3.3.1.2: White space round a key is not of the key", arguments: ["", " ", "\t", " \t "])
    func keySpace(space: String) {
        let baggage = Baggage("a=1,\(space)k\(space)=v;\(space)p\(space)=q;\(space)r\(space)")
        #expect(baggage.members.map(\.key) == ["a", "k"])
        #expect(baggage.members.last?.properties.map(\.key) == ["p", "r"])
    }

    @Test("Baggage §3.3.1.3: What a value may not hold is percent-encoded, and the percent sign too", arguments: ascii)
    func values(character: Character) throws {
        let byte = try #require(character.asciiValue)
        let isLegal = Self.octets.contains(character)
        let hex = String(256 + Int(byte), radix: 16, uppercase: true).suffix(2)
        var baggage = Baggage()
        baggage["k"] = "\(character)"
        #expect(baggage.description == (isLegal && character != "%" ? "k=\(character)" : "k=%\(hex)"))
        #expect(Baggage(baggage.description)["k"] == "\(character)")
        // Unless it ends the value, it can't stand there as it is.
        if ![",", ";", " ", "\t"].contains(character) {
            #expect(Baggage("k=\(character)").isEmpty != isLegal)
        }
    }

    @Test(
        "Baggage §3.3.1.3: Percent-encoded values are read, also where they need not have been encoded",
        arguments: [
            ("Am%C3%A9lie", "Amélie"), ("Am%c3%a9lie", "Amélie"), ("DF%2028", "DF 28"), ("%66%6f%6F", "foo"),
            ("%25", "%"),
            ("%2541", "%41"), ("%F0%9F%9A%82", "🚂"), ("100%", "100%"), ("%4", "%4"), ("%zz%41", "%zzA"), ("", ""),
        ]
    )
    func decoding(text: String, value: String) {
        #expect(Baggage("k=\(text)")["k"] == value)
        #expect(Baggage("k=v;p=\(text)").members.first?.properties.first?.value == value)
    }

    @Test(
        "Baggage §3.3.1.3: Encoded bytes that are no UTF-8 are read as U+FFFD",
        arguments: [
            ("%ff%41", "\u{FFFD}A"), ("a%C3", "a\u{FFFD}"), ("%C3b", "\u{FFFD}b"), ("%80", "\u{FFFD}"),
            ("%E2%82x", "\u{FFFD}x"), ("%F0%9F%9A", "\u{FFFD}"), ("%C3%A9%FE", "é\u{FFFD}"),
        ]
    )
    func replacement(text: String, value: String) {
        #expect(Baggage("k=\(text)")["k"] == value)
    }

    @Test("Baggage §3.3.1.3: White space round a value is not of the value", arguments: ["", " ", "\t", " \t "])
    func valueSpace(space: String) {
        let baggage = Baggage("k=\(space)v\(space);p=\(space)q\(space),a=\(space)1\(space)")
        #expect(baggage.members.map(\.value) == ["v", "1"])
        #expect(baggage.members.first?.properties.map(\.value) == ["q"])
    }

    @Test(
        "Baggage §3.3.1.3: Only the first equals sign parts key and value",
        arguments: ["=", "==", "a=b", "a=b==", "=a"]
    )
    func equalsSigns(value: String) {
        #expect(Baggage("k=\(value);p=\(value)")["k"] == value)
        #expect(Baggage("k=\(value);p=\(value)").members.first?.properties.first?.value == value)
        var baggage = Baggage()
        baggage["k"] = value
        #expect(baggage.description == "k=\(value)")
    }

    @Test("Baggage §3.3.1.4: Properties are read, without values and with them, in their order")
    func properties() throws {
        let baggage = Baggage("k=v;p;q=1;p=;r = 2 ;p")
        let properties = try #require(baggage.members.first?.properties)
        #expect(properties.map(\.key) == ["p", "q", "p", "r", "p"])
        #expect(properties.map(\.value) == [nil, "1", "", "2", nil])
    }

    @Test("Baggage §3.3.1.4: Of a property's value the same is percent-encoded as of a member's", arguments: ascii)
    func propertyValues(character: Character) throws {
        let byte = try #require(character.asciiValue)
        let hex = String(256 + Int(byte), radix: 16, uppercase: true).suffix(2)
        let isPlain = Self.octets.contains(character) && character != "%"
        let property = try #require(Baggage.Property(key: "p", value: "\(character)"))
        var baggage = Baggage()
        baggage.set(try #require(Baggage.Member(key: "k", value: "v", properties: [property])))
        #expect(baggage.description == (isPlain ? "k=v;p=\(character)" : "k=v;p=%\(hex)"))
        #expect(Baggage(baggage.description).members.first?.properties == [property])
    }

    @Test("Baggage §3.3.1.4: A property's encoded bytes that are no UTF-8 are read as U+FFFD")
    func propertyReplacement() {
        #expect(Baggage("k=v;p=%ff%41").members.first?.properties.map(\.value) == ["\u{FFFD}A"])
    }

    @Test("Baggage §4: Setting adds or updates, removing deletes, and the other members stay as they were written")
    func mutation() throws {
        var baggage = Baggage("a = 1;p,b=%66%ff, c=3")
        baggage["d"] = "4"
        #expect(baggage.description == "a = 1;p,b=%66%ff,c=3,d=4")
        baggage["c"] = "5 6"
        #expect(baggage.description == "a = 1;p,b=%66%ff,c=5%206,d=4")
        baggage["a"] = nil
        #expect(baggage.description == "b=%66%ff,c=5%206,d=4")
        baggage["unknown"] = nil
        baggage["not a token"] = "x"
        #expect(baggage.description == "b=%66%ff,c=5%206,d=4")
        let property = try #require(Baggage.Property(key: "p"))
        baggage.set(try #require(Baggage.Member(key: "b", value: "7", properties: [property])))
        #expect(baggage.description == "b=7;p,c=5%206,d=4")
        #expect(baggage.filtered(keys: ["b"]).description == "b=7;p")
    }
}
