// SPDX-License-Identifier: Apache-2.0

import Testing
import TraceContext

@Suite("tracestate (W3C Trace Context Level 2, section 3.3)")
struct TraceStateTests {
    private static let printable = (0x20...0x7e).map { UInt8($0) }
    private static let keyBytes = Array("abcdefghijklmnopqrstuvwxyz0123456789_-*/@".utf8)

    /// Every byte of ASCII by itself, and a letter beyond it.
    private static let characters = (0..<0x80).map { Character(UnicodeScalar(UInt8($0))) } + ["é"]

    private static func text(of count: Int) -> String {
        (0..<count).map { "k\($0)=v" }.joined(separator: ",")
    }

    @Test("Trace Context §3.3.2: Spaces and tabs round members are ignored; members keep their order")
    func order() throws {
        let state = try #require(TraceState("a=1, b=2\t,\t c@x=3 4 \t"))
        #expect(state.members.map(\.key) == ["a", "b", "c@x"])
        #expect(state.members.map(\.value) == ["1", "2", "3 4"])
    }

    @Test(
        "Trace Context §3.3.2: Empty members and an empty field are accepted, and not sent on",
        arguments: ["", " ", "\t", ",", ", ,\t,", ",,a=1", "a=1,,", "a=1, ,\t,b=2"]
    )
    func empty(text: String) throws {
        let state = try #require(TraceState(text))
        let written = text.contains("b") ? "a=1,b=2" : text.contains("a") ? "a=1" : ""
        #expect(state.description == written)
        var carrier = ContextCarrier()
        carrier["tracestate"] = text
        carrier["traceparent"] = "00-\(TraceParentTests.ids)-01"
        let span = try #require(carrier.spanContext)
        carrier.spanContext = span
        #expect(carrier["tracestate"] == (written.isEmpty ? nil : written))
    }

    @Test("Trace Context §3.3.2: White space is written nowhere but in values")
    func noWhiteSpace() throws {
        var state = try #require(TraceState("a=1 , b=2 x,\tc=3"))
        #expect(state.description == "a=1,b=2 x,c=3")
        state["d"] = "4"
        #expect(state.description == "d=4,a=1,b=2 x,c=3")
    }

    @Test("Trace Context §3.3.2: 32 members are read, 33 are not; empty ones don't count")
    func count() {
        #expect(TraceState(Self.text(of: 32))?.members.count == 32)
        #expect(TraceState(Self.text(of: 32) + ",,")?.members.count == 32)
        #expect(TraceState(Self.text(of: 33)) == nil)
    }

    @Test("Trace Context §3.3.2: Where an added member would be the 33rd, the right-most gives way")
    func fullList() throws {
        var state = try #require(TraceState(Self.text(of: 32)))
        state["other"] = "x"
        #expect(state.members.map(\.key) == ["other"] + (0..<31).map { "k\($0)" })
        // One that is there already takes nobody's place.
        state["k30"] = "y"
        #expect(state.members.map(\.key) == ["k30", "other"] + (0..<30).map { "k\($0)" })
    }

    @Test(
        "Trace Context §3.3.2.2: A member is a key, an equals sign and a value",
        arguments: ["a", "=1", "a=", "a= ", "=", "a=b=c", "a==b", "a =1", " =1", "a\t=1", "a=1;b=2\n", "a=1 b=2"]
    )
    func members(text: String) {
        #expect(TraceState(text) == nil)
        #expect(TraceState("x=1,\(text),y=2") == nil)
    }

    @Test("Trace Context §3.3.2.2.1: A key begins with a lower-case letter or a digit, and has only its characters")
    func keys() {
        for character in Self.characters {
            let byte = character.utf8.count == 1 ? character.utf8.first : nil
            // White space before a key is not of the key, and a comma or an equals sign makes two parts of it.
            guard ![0x20, 0x09, 0x2c, 0x3d].contains(byte) else { continue }
            let mayStart = byte.map { Self.keyBytes.prefix(36).contains($0) } ?? false
            let mayFollow = byte.map(Self.keyBytes.contains) ?? false
            #expect((TraceState("\(character)k=1") != nil) == mayStart, "\(character)")
            #expect((TraceState("k\(character)=1") != nil) == mayFollow, "\(character)")
            var state = TraceState()
            state["\(character)k"] = "1"
            #expect(state.isEmpty != mayStart, "\(character)")
            state = TraceState()
            state["k\(character)"] = "1"
            #expect(state.isEmpty != mayFollow, "\(character)")
        }
    }

    @Test("Trace Context §3.3.2.2.1: A key has up to 256 characters", arguments: [1, 2, 255, 256, 257])
    func keyLength(length: Int) {
        let key = String(repeating: "k", count: length)
        #expect((TraceState("\(key)=1") != nil) == (length <= 256))
        var state = TraceState()
        state[key] = "1"
        #expect(state.isEmpty == (length > 256))
    }

    @Test("Trace Context §3.3.2.2.2: A value is printable ASCII without comma and equals sign")
    func values() {
        for character in Self.characters where character != "," {
            let byte = character.utf8.count == 1 ? character.utf8.first : nil
            let isLegal = byte.map { Self.printable.contains($0) && $0 != 0x3d } ?? false
            #expect((TraceState("k=a\(character)b") != nil) == isLegal, "\(character)")
            var state = TraceState()
            state["k"] = "a\(character)b"
            #expect(state.isEmpty != isLegal, "\(character)")
        }
        var state = TraceState()
        state["k"] = "a,b"
        #expect(state.isEmpty)
    }

    @Test("Trace Context §3.3.2.2.2: Spaces before a value are of the value, those behind it are not")
    func spaces() throws {
        let state = try #require(TraceState("a=  1  ,b= 2 3 "))
        #expect(state["a"] == "  1")
        #expect(state["b"] == " 2 3")
        #expect(state.description == "a=  1,b= 2 3")
        var changed = state
        changed["c"] = " 4"
        changed["d"] = "5 "
        #expect(changed.description == "c= 4,a=  1,b= 2 3")
    }

    @Test("Trace Context §3.3.2.2.2: A value has up to 256 characters", arguments: [1, 255, 256, 257])
    func valueLength(length: Int) {
        let value = String(repeating: "v", count: length)
        #expect((TraceState("k=\(value)") != nil) == (length <= 256))
        #expect((TraceState("k=\(String(repeating: " ", count: length - 1))v") != nil) == (length <= 256))
        var state = TraceState()
        state["k"] = value
        #expect(state.isEmpty == (length > 256))
    }

    @Test("Trace Context §3.3.3: Setting a key leaves one member with it, even if it was received twice")
    func oneEntry() throws {
        var state = try #require(TraceState("congo=first,rojo=1,congo=second"))
        #expect(state["congo"] == "first")
        #expect(state.members.count == 3)
        state["congo"] = "third"
        #expect(state.description == "congo=third,rojo=1")
    }

    @Test("Trace Context §3.3.3.1: 512 characters and more are passed on, up to the longest legal field")
    func wholeField() throws {
        let long = String(repeating: "x", count: 256)
        for count in [2, 32] {
            let text = (0..<count).map { "\(String(repeating: "k", count: 250))\($0 + 100)=\(long)" }
                .joined(separator: ",")
            #expect(text.utf8.count >= 512)
            #expect(TraceState(text)?.description == text)
        }
    }

    @Test(
        "Trace Context §3.3.3.1: Cutting takes whole members: first those above 128 characters, then from the end",
        arguments: [
            (1000, ["a", "large", "c", "huge", "e"]), (284, ["a", "large", "c", "huge", "e"]),
            (283, ["a", "large", "c", "e"]), (141, ["a", "large", "c", "e"]), (140, ["a", "c", "e"]),
            (11, ["a", "c", "e"]), (10, ["a", "c"]), (7, ["a", "c"]), (6, ["a"]), (3, ["a"]), (2, []), (0, []),
        ]
    )
    func truncation(limit: Int, keys: [String]) throws {
        let large = "large=" + String(repeating: "x", count: 123)
        let huge = "huge=" + String(repeating: "x", count: 137)
        let state = try #require(TraceState("a=1,\(large),c=3,\(huge),e=5"))
        #expect(state.limited(toByteCount: limit).members.map(\.key) == keys)
    }

    @Test("Trace Context §3.3.3.1: A member of 128 characters is not a large one yet")
    func truncationBound() throws {
        let state = try #require(TraceState("k=\(String(repeating: "x", count: 126)),a=1,b=2"))
        #expect(state.limited(toByteCount: 132).members.map(\.key) == ["k", "a"])
        let large = try #require(TraceState("k=\(String(repeating: "x", count: 127)),a=1,b=2"))
        #expect(large.limited(toByteCount: 132).members.map(\.key) == ["a", "b"])
    }

    @Test(
        "Trace Context §3.5: A changed or added member goes to the left, the others keep their order",
        arguments: [
            ("new", "x", "new=x,a=1,b= 2,c=3"), ("a", "x", "a=x,b= 2,c=3"), ("c", "x", "c=x,a=1,b= 2"),
            ("b", nil, "a=1,c=3"), ("unknown", nil, "a=1,b= 2,c=3"), ("b", "not,legal", "a=1,b= 2,c=3"),
            ("Not legal", "x", "a=1,b= 2,c=3"),
        ] as [(String, String?, String)]
    )
    func mutation(key: String, value: String?, expected: String) throws {
        var state = try #require(TraceState("a=1,b= 2,c=3"))
        state[key] = value
        #expect(state.description == expected)
        #expect(state[key] == (value == "not,legal" ? " 2" : key == "Not legal" ? nil : value))
    }
}
