// SPDX-License-Identifier: Apache-2.0

import TelemetryAPI
import TelemetryData
import Testing
import TraceContext

@Suite("What a span has from its start on")
struct SpanBuilderTests {
    private static func context(_ number: UInt64, state: String = "", isRemote: Bool = false) -> SpanContext {
        SpanContext(
            traceID: TraceID(high: number &* 0x0102_0304_0506_0708, low: 1),
            spanID: SpanID(bits: number | 1 << 63),
            flags: TraceFlags(rawValue: UInt8(truncatingIfNeeded: number)),
            state: TraceState(state) ?? TraceState(),
            isRemote: isRemote
        )
    }

    @Test("Links are kept whole and in their order, with flags, trace state and attributes")
    func links() {
        var builder = SpanBuilder()
        var expected: [SpanLink] = []
        for number in 0..<8 as Range<UInt64> {
            let context = Self.context(number, state: number % 2 == 0 ? "" : "k=v", isRemote: number % 4 > 1)
            let link = SpanLink(
                context,
                attributes: number == 3 ? [:] : ["a": "x", "n": .int(Int64(number))],
                droppedAttributeCount: Int(number) / 7
            )
            builder.addLink(link)
            expected.append(link)
        }
        let (links, count) = (builder.links, builder.linkCount)
        #expect(links == expected && count == 8)
    }

    @Test("A link in one word is the one that is said at length, of any length, with or without trace state")
    func shortLinks() {
        for keyCount in [0, 1, 2, 3, 8, 15, 33, 60, 86, 87, 130] {
            for textCount in [0, 1, 4, 17, 40, 70, 85, 86, 87, 88, 127, 128, 400] {
                for (state, isRemote) in [("", true), ("", false), ("k=v", true)] {
                    let key = String(repeating: "k", count: keyCount)
                    let text = String(repeating: "t", count: textCount)
                    let context = Self.context(UInt64(keyCount * 1000 + textCount), state: state, isRemote: isRemote)
                    var short = SpanBuilder()
                    var long = SpanBuilder()
                    short.set("before", 1)
                    short.addLink(context, key, text)
                    short.set("after", 2)
                    long.addLink(context, attributes: [key: .string(text)])
                    let (shortLinks, longLinks, attributes) = (short.links, long.links, short.attributes.all)
                    let expected = SpanLink(context, attributes: [key: .string(text)])
                    #expect(shortLinks == [expected] && longLinks == [expected])
                    #expect(attributes == ["before": 1, "after": 2])
                }
            }
        }
    }

    @Test("Links above their limit are counted, however they are said", arguments: [-1, 0, 1, 3])
    func linkLimit(_ limit: Int) {
        var builder = SpanBuilder(linkLimit: limit)
        for number in 0..<6 as Range<UInt64> {
            if number % 2 == 0 {
                builder.addLink(Self.context(number), "k", "v")
            } else {
                builder.addLink(Self.context(number), attributes: ["k": "v"])
            }
        }
        let kept = max(0, limit)
        let (links, count, dropped) = (builder.links, builder.linkCount, builder.droppedLinkCount)
        #expect(links.map(\.context) == (0..<UInt64(kept)).map { Self.context($0) })
        #expect(count == kept && dropped == 6 - kept)
    }

    @Test("A link keeps so many attributes and counts the rest, and says so", arguments: [-1, 0, 1, 2, 3])
    func attributesPerLink(_ limit: Int) {
        var builder = SpanBuilder(attributesPerLink: limit)
        builder.addLink(Self.context(1), "a", "1")
        builder.addLink(SpanLink(Self.context(2), attributes: ["a": 1, "b": 2, "c": 3], droppedAttributeCount: 5))
        let (links, hasDropped) = (builder.links, builder.hasDroppedLinkAttributes)
        let kept = max(0, limit)
        #expect(links.map(\.attributes.count) == [min(1, kept), kept])
        #expect(links.map(\.droppedAttributeCount) == [1 - min(1, kept), 5 + 3 - kept])
        // What others dropped counts as well.
        #expect(hasDropped)
    }

    @Test("Values of a link's attributes are cut as others are", arguments: [0, 1, 4, 200])
    func valueLength(_ limit: Int) {
        var builder = SpanBuilder(valueLimit: limit)
        builder.addLink(Self.context(1), "a", "éééé12345")
        builder.addLink(Self.context(2), attributes: ["a": "éééé12345", "n": 12345])
        builder.set("text", "éééé12345")
        let (links, attributes) = (builder.links, builder.attributes.all)
        let text = AttributeValue.string(String("éééé12345".prefix(limit)))
        #expect(links.map { $0.attributes["a"] } == [text, text] && links.last?.attributes["n"] == 12345)
        #expect(attributes == ["text": text])
    }

    @Test("An attribute limit counts what is beyond it, and lets what is there be replaced", arguments: [-1, 0, 2])
    func attributeLimit(_ limit: Int) {
        var builder = SpanBuilder(attributeLimit: limit)
        builder.set("a", 1)
        builder.set("b", true)
        builder.set("c", 1.5)
        builder.set("a", "again")
        let all = builder.attributes.all
        #expect(all == (limit == 2 ? ["a": "again", "b": true] : [:]))
    }
}
