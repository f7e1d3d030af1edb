// SPDX-License-Identifier: Apache-2.0

import Testing
import TraceContext

@testable import TelemetryData

/// What a writer of attributes should hold: the attributes as values, of limited number and length.
private struct Model {
    var attributes = Attributes()
    var dropped = 0
    let limit: Int
    let longest: Int?

    mutating func set(_ key: String, _ value: AttributeValue?) {
        if value != nil, attributes[key] == nil, attributes.count >= limit {
            dropped += 1
        } else {
            attributes[key] = value.map(cut)
        }
    }

    private func cut(_ value: AttributeValue) -> AttributeValue {
        guard let longest else { return value }
        switch value {
        case .string(let text):
            var short = ""
            short.unicodeScalars.append(contentsOf: text.unicodeScalars.prefix(longest))
            return .string(short)
        case .bytes(let bytes): return .bytes(Array(bytes.prefix(longest)))
        case .array(let values): return .array(values.map(cut))
        case .map(let values):
            var short = Attributes()
            for element in values.elements { short[element.key] = cut(element.value) }
            return .map(short)
        default: return value
        }
    }
}

@Suite("The writer of attributes")
struct AttributeWriterTests {
    private static func expect(
        _ writer: borrowing AttributeWriter,
        _ model: Model,
        _ seed: Int,
        _ location: SourceLocation = #_sourceLocation
    ) {
        let (all, count, dropped) = (writer.all, writer.count, writer.droppedCount)
        #expect(all == model.attributes, "seed \(seed)", sourceLocation: location)
        #expect(count == model.attributes.count && dropped == model.dropped, "seed \(seed)", sourceLocation: location)
    }

    private static func start(_ choices: inout Choices) -> (limit: Int32, longest: Int32, model: Model) {
        let limit = choices.chance(2) ? 1000 : choices.number(0..<8)
        let longest: Int? = choices.chance(2) ? nil : choices.number(0..<150)
        return (Int32(limit), longest.map { Int32($0) } ?? .max, Model(limit: limit, longest: longest))
    }

    @Test("Whatever is set, replaced and removed, it holds what values would hold, in the order of the first setting")
    func anySequence() {
        for seed in 0..<3000 {
            var choices = Choices(seed)
            var (limit, longest, model) = Self.start(&choices)
            var writer = AttributeWriter(limit: limit, longest: longest)
            for _ in 0..<choices.number(1..<30) {
                let key = choices.key()
                switch choices.number(0..<10) {
                case 0:
                    writer.set(key, nil)
                    model.set(key, nil)
                case 1:
                    let text = choices.text()
                    writer.set(key, text)
                    model.set(key, .string(text))
                case 2: #expect(writer[key] == model.attributes[key], "seed \(seed)")
                case 3:
                    let others = choices.attributes(3)
                    writer.merge(others)
                    for element in others.elements { model.set(element.key, element.value) }
                default:
                    let value = choices.value()
                    writer[key] = value
                    model.set(key, value)
                }
            }
            Self.expect(writer, model, seed)
            for element in model.attributes.elements { #expect(writer[element.key] == element.value, "seed \(seed)") }
        }
    }

    @Test("Keys that stand in the program's text are like any other, also short, long, and in between others")
    func literalKeys() {
        for seed in 0..<2000 {
            var choices = Choices(seed)
            var (limit, longest, model) = Self.start(&choices)
            var writer = AttributeWriter(limit: limit, longest: longest)
            for _ in 0..<choices.number(1..<25) {
                let key = Self.literals[choices.number(0..<Self.literals.count)]
                switch choices.number(0..<6) {
                case 0:
                    let text = choices.text()
                    writer.set(literal: key, text)
                    model.set(key.description, .string(text))
                case 1, 2:
                    let number = choices.whole()
                    writer.set(literal: key, number)
                    model.set(key.description, .int(number))
                case 3:
                    let number = Double(choices.whole()) / 3
                    writer.set(literal: key, number)
                    model.set(key.description, .double(number))
                case 4:
                    let truth = choices.chance(2)
                    writer.set(literal: key, truth)
                    model.set(key.description, .bool(truth))
                default:
                    let value = choices.chance(3) ? nil : choices.value()
                    writer.set(key.description, value)
                    model.set(key.description, value)
                }
            }
            Self.expect(writer, model, seed)
        }
    }

    private static let literals: [StaticString] = [
        "", "a", "é", "ab", "abc", "abcd", "messaging.system", "messaging.destination.name",
        // Of 95, 96, 118, 119 and 130 bytes, where the lengths stop to fit into a byte.
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
        "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
        """
        cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc
        cccccccccccccccccccc
        """,
    ]

    @Test("Each length of a key and of a text is written so that it is read again")
    func lengths() {
        for keyCount in 0..<140 {
            var writer = AttributeWriter()
            var model = Model(limit: .max, longest: nil)
            let key = String(repeating: "k", count: keyCount)
            let most = 123 - min(keyCount, 123)
            for textCount in [0, 1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 31, 32, 33, most, 127, 128, 20_000] {
                let text = String((0..<textCount).map { Character(UnicodeScalar(UInt8(97 + $0 % 26))) })
                writer.set(key + "\(textCount)", text)
                model.set(key + "\(textCount)", .string(text))
            }
            Self.expect(writer, model, keyCount)
        }
    }

    @Test("Whole numbers of each width, and doubles of each kind, are read again")
    func numbers() {
        var writer = AttributeWriter()
        var model = Model(limit: .max, longest: nil)
        for shift in 0..<64 {
            for number in [Int64(1) << shift, (Int64(1) << shift) &- 1, -(Int64(1) << min(shift, 62))] {
                writer.set("\(number)", .int(number))
                model.set("\(number)", .int(number))
            }
        }
        for number in [0, -0.5, .infinity, -.infinity, .leastNonzeroMagnitude, .pi] as [Double] {
            writer.set("d\(number)", .double(number))
            model.set("d\(number)", .double(number))
        }
        Self.expect(writer, model, 0)
    }

    @Test("Prepared attributes are merged as any others are: first, later, over others, and within limits")
    func prepared() {
        for seed in 0..<2000 {
            var choices = Choices(seed)
            var (limit, longest, model) = Self.start(&choices)
            var writer = AttributeWriter(limit: limit, longest: longest)
            let place = choices.number(0..<4)
            for step in 0..<4 {
                if step == place || choices.chance(5) {
                    let attributes = choices.attributes(choices.number(0..<6))
                    writer.merge(PreparedAttributes(attributes, name: "s"))
                    for element in attributes.elements { model.set(element.key, element.value) }
                }
                let (key, value) = (choices.key(), choices.value())
                writer.set(key, value)
                model.set(key, value)
            }
            Self.expect(writer, model, seed)
        }
    }

    @Test("Links and other fields between attributes stay, whatever becomes of the attributes")
    func otherFields() {
        for seed in 0..<2000 {
            var choices = Choices(seed)
            var writer = AttributeWriter()
            var model = Model(limit: .max, longest: nil)
            var links: [SpanLink] = []
            var name: String?
            for _ in 0..<choices.number(1..<25) {
                switch choices.number(0..<5) {
                case 0:
                    let context = SpanContext(
                        traceID: TraceID(high: choices.next(), low: 1),
                        spanID: SpanID(bits: choices.next() | 1),
                        flags: TraceFlags(rawValue: UInt8(truncatingIfNeeded: choices.next())),
                        isRemote: choices.chance(2)
                    )
                    if choices.chance(2) {
                        writer.addLink(to: context, .creation)
                        links.append(SpanLink(context, attributes: ["stitch.link": "creation"]))
                    } else {
                        let link = SpanLink(context, attributes: [choices.key(): .string(choices.text())])
                        writer.writer.write(link: link, field: 13)
                        links.append(link)
                    }
                case 1:
                    let text = choices.text()
                    writer.replace(field: 5, with: text)
                    name = text.isEmpty ? nil : text
                default:
                    let (key, value) = (choices.key(), choices.chance(4) ? nil : choices.value())
                    writer.set(key, value)
                    model.set(key, value)
                }
            }
            Self.expect(writer, model, seed)
            #expect(writer.links == links, "seed \(seed)")
            let names = writer.writer.buffer.withUnsafeBytes { bytes in
                var reader = ProtobufReader(bytes)
                var names: [String] = []
                while let field = try? reader.next() { if field.number == 5 { names.append(field.string) } }
                return names
            }
            #expect(names == (name.map { [$0] } ?? []), "seed \(seed)")
        }
    }

    @Test("A value that is nested deeper than one may send is read again all the same")
    func deepValues() {
        var value: AttributeValue = 1
        for _ in 0..<120 { value = .array([value]) }
        var writer = AttributeWriter()
        writer.set("deep", value)
        let (all, one) = (writer.all, writer["deep"])
        #expect(all == ["deep": value] && one == value)
        var spans = EncodedSpans()
        let span = SpanData(
            context: SpanContext(traceID: TraceID(high: 1, low: 1), spanID: SpanID(bits: 1)),
            name: "s",
            start: Timestamp(nanoseconds: 1),
            end: Timestamp(nanoseconds: 2),
            attributes: all,
            links: [SpanLink(SpanContext(traceID: TraceID(high: 1, low: 1), spanID: SpanID(bits: 2)), attributes: all)],
            resource: Resource(),
            scope: InstrumentationScope(name: "a")
        )
        var encoded = ProtobufWriter()
        encoded.write(contentOf: span)
        spans.addGroup(span.resource, span.scope)
        encoded.buffer.withUnsafeBytes { bytes in
            spans.append(to: 0, upTo: bytes.count + 8) { target in
                var place = OutputBuffer.Place(target)
                place.put(UInt8(0x12))
                place.put(varint: UInt64(bytes.count))
                place.put(bytes.baseAddress, bytes.count)
                return (place.distance(from: target), 1)
            }
        }
        #expect(spans.spans == [span])
    }
}
