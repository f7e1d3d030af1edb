// SPDX-License-Identifier: Apache-2.0

import TelemetryData

/// Makes up spans, the same ones from the same seed, in which every field is there at times and missing at others.
struct SpanGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
        return value ^ value >> 31
    }

    mutating func chance(_ outOf: Int) -> Bool { Int.random(in: 0..<outOf, using: &self) == 0 }

    mutating func number() -> UInt64 { next() >> UInt64.random(in: 0..<64, using: &self) }

    mutating func text() -> String {
        let characters: [Character] = ["a", "Z", "0", "\"", "\\", "/", "\n", "\u{1}", "\u{7f}", "é", "☃", "😀", " "]
        // Sometimes longer than one byte of length can say.
        let count = chance(20) ? Int.random(in: 100..<300, using: &self) : Int.random(in: 0..<24, using: &self)
        return String((0..<count).map { _ in characters.randomElement(using: &self) ?? "?" })
    }

    private static let doubles: [Double] = [0, -0.5, 1e300, .infinity, -.infinity, .leastNonzeroMagnitude, 3]

    mutating func value(depth: Int = 3) -> AttributeValue {
        switch Int.random(in: 0..<(depth > 0 ? 8 : 6), using: &self) {
        case 0: .string(text())
        case 1: .bool(chance(2))
        case 2: .int(Int64(bitPattern: number()) * (chance(2) ? 1 : -1))
        case 3: .double(Self.doubles.randomElement(using: &self) ?? 0)
        case 4: .bytes((0..<Int.random(in: 0..<9, using: &self)).map { _ in UInt8(truncatingIfNeeded: next()) })
        case 5: .null
        case 6: .array((0..<Int.random(in: 0..<4, using: &self)).map { _ in value(depth: depth - 1) })
        default: .map(attributes(depth: depth - 1))
        }
    }

    mutating func attributes(depth: Int = 3) -> Attributes {
        var attributes = Attributes()
        // Sometimes more than are walked through to find one.
        let count = chance(20) ? 40 : Int.random(in: 0..<6, using: &self)
        for _ in 0..<count { attributes[text()] = value(depth: min(depth, count > 6 ? 0 : depth)) }
        return attributes
    }

    mutating func context() -> SpanContext {
        SpanContext(
            traceID: TraceID(high: number(), low: number() | 1),
            spanID: SpanID(bits: number() | 1),
            flags: TraceFlags(rawValue: UInt8(truncatingIfNeeded: next())),
            state: chance(2) ? TraceState() : TraceState("k=\(number()),v=2") ?? TraceState()
        )
    }

    mutating func count() -> Int { chance(2) ? 0 : Int(UInt32(truncatingIfNeeded: number())) }

    mutating func time() -> Timestamp { Timestamp(nanoseconds: number() | 1) }

    mutating func span() -> SpanData {
        SpanData(
            context: context(),
            parentSpanID: chance(3) ? nil : SpanID(bits: number() | 1),
            parentIsRemote: [nil, true, false].randomElement(using: &self) ?? nil,
            name: text(),
            kind: SpanKind.allCases.randomElement(using: &self) ?? .internal,
            start: time(),
            end: time(),
            attributes: attributes(),
            events: (0..<Int.random(in: 0..<3, using: &self)).map { _ in
                SpanEvent(name: text(), time: time(), attributes: attributes(), droppedAttributeCount: count())
            },
            links: (0..<Int.random(in: 0..<3, using: &self)).map { _ in
                var context = context()
                context.isRemote = chance(2)
                return SpanLink(context, attributes: attributes(), droppedAttributeCount: count())
            },
            status: [.unset, .ok, .error(""), .error(text())].randomElement(using: &self) ?? .unset,
            droppedAttributeCount: count(),
            droppedEventCount: count(),
            droppedLinkCount: count(),
            resource: Resource(
                attributes: ["service.name": .string("shop-\(number() & 1)")],
                droppedAttributeCount: chance(2) ? 3 : 0,
                schemaURL: chance(2) ? "" : "https://example.org/resource"
            ),
            scope: InstrumentationScope(
                name: "scope-\(number() & 1)",
                version: chance(2) ? "" : "1.2",
                schemaURL: chance(2) ? "" : "https://example.org/scope",
                attributes: chance(2) ? Attributes() : ["a": 1],
                droppedAttributeCount: chance(2) ? 0 : 7
            )
        )
    }
}
