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

    @Test(
        "A link by its role is the one that is said at length, with or without trace state",
        arguments: [MessagingConventions.LinkRole.creation, .previousAttempt, .attempt, .ambient]
    )
    func roles(role: MessagingConventions.LinkRole) {
        for (state, isRemote) in [("", true), ("", false), ("k=v", true)] {
            for flags in 0..<4 as Range<UInt64> {
                let context = Self.context(flags, state: state, isRemote: isRemote)
                var short = SpanBuilder()
                var long = SpanBuilder()
                short.set("before", 1)
                short.addLink(context, role: role)
                short.set("after", 2)
                long.addLink(context, attributes: ["stitch.link": .string(role.rawValue)])
                let (shortLinks, longLinks, attributes) = (short.links, long.links, short.attributes.all)
                let expected = SpanLink(context, attributes: ["stitch.link": .string(role.rawValue)])
                #expect(shortLinks == [expected] && longLinks == [expected])
                #expect(attributes == ["before": 1, "after": 2])
            }
        }
        var nobody = SpanBuilder()
        nobody.addLink(.invalid, role: role)
        let count = nobody.linkCount
        #expect(count == 0)
    }

    @Test("Links above their limit are counted, however they are said", arguments: [-1, 0, 1, 3])
    func linkLimit(_ limit: Int) {
        var builder = SpanBuilder(linkLimit: limit)
        for number in 0..<6 as Range<UInt64> {
            if number % 2 == 0 {
                builder.addLink(Self.context(number), role: .creation)
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
        builder.addLink(Self.context(1), role: .creation)
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
        builder.addLink(Self.context(1), role: .creation)
        builder.addLink(Self.context(2), attributes: ["a": "éééé12345", "n": 12345])
        builder.set("text", "éééé12345")
        let (links, attributes) = (builder.links, builder.attributes.all)
        let text = AttributeValue.string(String("éééé12345".prefix(limit)))
        #expect(links.first?.attributes["stitch.link"] == .string(String("creation".prefix(limit))))
        #expect(links.last?.attributes["a"] == text && links.last?.attributes["n"] == 12345)
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
