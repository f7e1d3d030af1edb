// SPDX-License-Identifier: Apache-2.0

import StitchOTLP
import TelemetryData
import Testing
import TraceContext
import TraceFlow

@testable import TraceStore

@Suite("Spans from received bytes")
struct ReceivedSpansTests {
    /// Fields of a message, each with its tag, shuffled and with others among them, deep down.
    private func disturbed(_ message: [UInt8], _ kind: Message, _ samples: inout SampleSpans) -> [UInt8] {
        var fields: [[UInt8]] = []
        message.withUnsafeBytes { bytes in
            var reader = ProtobufReader(bytes)
            while let field = try? reader.next() {
                var writer = ProtobufWriter()
                switch field.type {
                case .varint: writer.write(varint: field.bits, field: field.number)
                case .fixed64: writer.write(fixed64: field.bits, field: field.number)
                case .fixed32: writer.write(fixed32: UInt32(field.bits), field: field.number)
                case .lengthDelimited:
                    var inner = [UInt8](field.bytes)
                    if let kind = kind.inner[field.number], samples.chance(2) {
                        inner = disturbed(inner, kind, &samples)
                    }
                    inner.withUnsafeBytes { writer.write(bytes: $0, field: field.number) }
                }
                fields.append(writer.bytes)
            }
        }
        if samples.chance(3), !fields.isEmpty { fields.append(fields[Int(samples.next() % UInt64(fields.count))]) }
        if samples.chance(3) { fields.append([0x98, 0x06, 0x07]) }
        if samples.chance(6) { fields.append([0x9b, 0x06, 0x08, 0x01, 0x9c, 0x06]) }
        if samples.chance(4), !fields.isEmpty { fields.remove(at: Int(samples.next() % UInt64(fields.count))) }
        if samples.chance(2) { fields.shuffle(using: &samples) }
        return fields.flatMap { $0 }
    }

    /// Which fields are messages.
    private enum Message {
        case request, resourceSpans, scopeSpans, span, event, link, attribute, other

        var inner: [Int: Message] {
            switch self {
            case .request: [1: .resourceSpans]
            case .resourceSpans: [1: .other, 2: .scopeSpans]
            case .scopeSpans: [1: .other, 2: .span]
            case .span: [9: .attribute, 11: .event, 13: .link, 15: .other]
            case .event: [3: .attribute]
            case .link: [4: .attribute]
            case .attribute, .other: [:]
            }
        }
    }

    private func rich(_ samples: inout SampleSpans) -> [SpanData] {
        var spans = samples.spans(traces: 8)
        for index in spans.indices {
            if samples.chance(3) { spans[index].context.state = TraceState("ot=th:8,a=b") ?? TraceState() }
            if samples.chance(3) { spans[index].attributes["naïve.ключ"] = "värde" }
            if samples.chance(3) { spans[index].attributes["text"] = "größe 😀" }
            if samples.chance(4) { spans[index].attributes["list"] = .array([1, "two", true]) }
            if samples.chance(4) { spans[index].attributes["map"] = .map(["a": 1]) }
            if samples.chance(4) { spans[index].droppedAttributeCount = 3 }
            if samples.chance(4) { spans[index].status = .ok }
            if samples.chance(4) { spans[index].parentIsRemote = true }
            if samples.chance(5) { spans[index].name = "" }
            if samples.chance(3) {
                var link = SpanLink(samples.context(), attributes: ["k": -1, "x": .double(.infinity), "e": ""])
                link.context.isRemote = samples.chance(2)
                spans[index].links.append(link)
            }
        }
        return spans
    }

    private func received(_ message: [UInt8]) throws -> ReceivedSpans {
        try message.withUnsafeBytes { bytes throws(StoreError) in try ReceivedSpans(otlp: bytes) }
    }

    /// Whatever a message is, it says what the decoder says of it, in the form of our own writer, or is refused as there.
    private func check(_ message: [UInt8]) {
        guard let expected = try? OTLP.decode(message) else {
            #expect(throws: StoreError.self) { try received(message) }
            return
        }
        guard let found = try? received(message) else {
            Issue.record("a message that can be decoded is refused")
            return
        }
        #expect(found.rejectedCount == expected.rejectedSpanCount)
        #expect(found.count == expected.spans.count)
        // Bytes, because no number that is none equals itself.
        #expect(found.batch.bytes == PreparedBatch(expected.spans).bytes)
        let sources = found.batch.records.map { found.batch.sources[$0.source] }
        #expect(sources == expected.spans.map { SpanSourceKey(resource: $0.resource, scope: $0.scope) })
    }

    @Test("Spans that our own encoder wrote are kept as they are")
    func own() {
        var samples = SampleSpans(seed: 80)
        for span in samples.spans(traces: 100) {
            var writer = ProtobufWriter()
            writer.write(contentOf: span)
            var canonical = CanonicalSpan()
            #expect(writer.bytes.withUnsafeBytes { canonical.elementCount(of: $0) } != nil)
        }
    }

    @Test("Fields in any order, repeated, missing or not known give what decoding gives")
    func shuffled() {
        var samples = SampleSpans(seed: 81)
        for _ in 0..<60 {
            let message = OTLP.encode(rich(&samples))
            check(message)
            check(disturbed(message, .request, &samples))
        }
    }

    @Test("Any bytes may be changed or missing: what decoding gives, or an error")
    func hostile() {
        var samples = SampleSpans(seed: 82)
        for _ in 0..<60 {
            let message = OTLP.encode(rich(&samples))
            for _ in 0..<8 {
                var changed = message
                for _ in 0..<(1 + samples.next() % 2) {
                    let place = Int(samples.next() % UInt64(changed.count))
                    changed[place] = samples.chance(2) ? changed[place] ^ 1 << UInt8(samples.next() % 8) : 0xff
                }
                if samples.chance(5) { changed.removeLast(Int(samples.next() % UInt64(changed.count))) }
                check(changed)
            }
        }
    }

    @Test("A limit that is passed is an error, as in the decoder", arguments: [1, 8, 9, 20, 60, 200])
    func limits(_ count: Int) {
        var samples = SampleSpans(seed: 83)
        for _ in 0..<40 {
            let message = OTLP.encode(rich(&samples))
            let limits = OTLPLimits(maximumDepth: count / 3, maximumElementCount: count * 3)
            let isRead = (try? OTLP.decode(message, limits: limits)) != nil
            let isKept = message.withUnsafeBytes {
                (try? ReceivedSpans(otlp: $0, maximumDepth: count / 3, maximumElementCount: count * 3)) != nil
            }
            #expect(isRead == isKept)
        }
        #expect(throws: StoreError.self) {
            try [UInt8](repeating: 0, count: 9).withUnsafeBytes { try ReceivedSpans(otlp: $0, maximumByteCount: 8) }
        }
    }

    @Test("By value or by bytes, a store answers the same")
    func answers() async throws {
        var samples = SampleSpans(seed: 84)
        let spans = (0..<20).flatMap { _ in rich(&samples) }
        try await withDirectory { directory in
            let configuration = TraceStoreConfiguration(directory: directory, sealingCount: 100)
            let byBytes = try FileSpanStore(configuration)
            let byValue = MemoryStore()
            for chunk in (spans + spans.prefix(40)).chunked(30) {
                let message = disturbed(OTLP.encode(chunk), .request, &samples)
                guard let decoded = try? OTLP.decode(message) else { continue }
                try await byValue.append(decoded.spans)
                try await byBytes.append(received(message))
            }
            try await byBytes.append(received([]))
            try await byBytes.seal()
            #expect(sorted(try await byBytes.all()) == sorted(try await byValue.all()))
            for name in SampleSpans.names {
                var query = SpanQuery()
                query.name = name
                let found = try await byBytes.search(query, limit: 1_000, after: nil)
                #expect(found == (try await byValue.search(query, limit: 1_000, after: nil)))
            }
            let traces = Array(Set(spans.flatMap { $0.links.map(\.context.traceID) }))
            let links = try await byBytes.backLinks(to: traces, limit: 10_000)
            #expect(Set(links.links) == Set(try await byValue.backLinks(to: traces, limit: 10_000).links))
            await byBytes.shutdown()
        }
    }
}
