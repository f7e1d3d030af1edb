// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import Testing

@testable import StitchOTLP

@Suite("OTLP there and back")
struct RoundTripTests {
    @Test("Every field of a span comes back", arguments: OTLPFormat.allCases, 0..<200 as Range<UInt64>)
    func everyField(format: OTLPFormat, seed: UInt64) throws {
        var generator = SpanGenerator(seed: seed)
        let span = generator.span()
        let read = try OTLP.decode(OTLP.encode([span], as: format), as: format)
        #expect(read == OTLPSpans(spans: [span]))
    }

    @Test(
        "Spans come back grouped by resource and scope, in the order of the first of each",
        arguments: OTLPFormat.allCases
    )
    func groups(format: OTLPFormat) throws {
        var generator = SpanGenerator(seed: 7)
        let spans = (0..<300).map { _ in generator.span() }
        let read = try OTLP.decode(OTLP.encode(spans, as: format), as: format).spans
        var expected: [SpanData] = []
        for resource in spans.map(\.resource).distinct {
            let ofResource = spans.filter { $0.resource == resource }
            for scope in ofResource.map(\.scope).distinct { expected += ofResource.filter { $0.scope == scope } }
        }
        #expect(read == expected)
    }

    @Test("No spans are an empty request", arguments: OTLPFormat.allCases)
    func nothing(format: OTLPFormat) throws {
        let bytes = OTLP.encode([], as: format)
        #expect(bytes == (format == .json ? Array(#"{"resourceSpans":[]}"#.utf8) : []))
        #expect(try OTLP.decode(bytes, as: format) == OTLPSpans())
    }

    @Test("A request of every length has its lengths in the fewest bytes", arguments: [1, 39, 41, 4100])
    func lengths(count: Int) throws {
        let span = OTLPJSONLinesTests.span
        let bytes = OTLP.encode([SpanData](repeating: span, count: count))
        #expect(try OTLP.decode(bytes).spans == [SpanData](repeating: span, count: count))
    }

    @Test("Spans that are much larger than is expected are written whole", arguments: [100, 2000, 20_000])
    func largeSpans(size: Int) throws {
        var span = OTLPJSONLinesTests.span
        span.attributes["text"] = .string(String(repeating: "x", count: size))
        for count in [1, 2, 50] {
            let spans = [SpanData](repeating: span, count: count)
            #expect(try OTLP.decode(OTLP.encode(spans)).spans == spans)
        }
    }

    @Test("Answers come back", arguments: OTLPFormat.allCases, OTLPResponse.Signal.allCases)
    func answers(format: OTLPFormat, signal: OTLPResponse.Signal) throws {
        for response in [
            OTLPResponse(), OTLPResponse(rejectedCount: 3, errorMessage: "too \"old\""),
            OTLPResponse(errorMessage: "w"),
        ] {
            #expect(try OTLPResponse(response.encode(as: format, signal: signal), as: format) == response)
        }
        for status in [
            OTLPStatus(message: ""), OTLPStatus(code: 14, message: "later"), OTLPStatus(code: -1, message: "é"),
        ] {
            #expect(try OTLPStatus(status.encode(as: format), as: format) == status)
        }
    }

    @Test(
        "No body at all means that everything was taken; more than the limit is refused",
        arguments: OTLPFormat.allCases
    )
    func answerLimits(format: OTLPFormat) throws {
        #expect(try OTLPResponse([], as: format).isComplete)
        #expect {
            try OTLPResponse([UInt8](repeating: 0, count: 9), as: format, maximumByteCount: 8)
        } throws: { ($0 as? OTLPError)?.code == .tooLarge }
        #expect { try OTLPStatus([1, 2], as: format) } throws: { ($0 as? OTLPError)?.code == .malformed }
    }

    @Test("A media type names an encoding, whatever its case and parameters")
    func contentTypes() {
        #expect(OTLPFormat(contentType: "Application/JSON; charset=utf-8") == .json)
        #expect(OTLPFormat(contentType: "application/x-protobuf") == .protobuf)
        #expect(OTLPFormat(contentType: "text/plain") == nil)
    }
}

extension Array where Element: Hashable {
    fileprivate var distinct: [Element] {
        var seen: Set<Element> = []
        return filter { seen.insert($0).inserted }
    }
}
