// SPDX-License-Identifier: Apache-2.0

import StitchOTLP
import TelemetryData
import Testing
import TraceContext

@Suite("Metrics in OTLP")
struct OTLPMetricsTests {
    private static let start = Timestamp(nanoseconds: 1_700_000_000_000_000_000)
    private static let time = Timestamp(nanoseconds: 1_700_000_060_000_000_001)

    private static let exemplar = Exemplar(
        time: Timestamp(nanoseconds: 1_700_000_000_500_000_000),
        value: .double(0.5),
        traceID: TraceID(high: 0x0102_0304_0506_0708, low: 0x090a_0b0c_0d0e_0f10),
        spanID: SpanID(bits: 0x1112_1314_1516_1718),
        attributes: ["user": 7]
    )

    private static func metric(_ name: String, _ content: MetricData.Content, of service: String = "shop") -> MetricData
    {
        MetricData(
            name: name,
            unit: "s",
            description: "What it tells.",
            content,
            resource: Resource(attributes: ["service.name": .string(service)], schemaURL: "https://example.org/r"),
            scope: InstrumentationScope(name: "stitch", version: "1", schemaURL: "https://example.org/s")
        )
    }

    private static var everything: [MetricData] {
        let numbers = [
            NumberPoint(attributes: ["a": "b", "c": true], start: start, time: time, value: .int(.min)),
            NumberPoint(start: start, time: time, value: .double(-0.25), exemplars: [exemplar, exemplar]),
            NumberPoint(time: time, value: .int(0)),
        ]
        var second = exemplar
        second.traceID = nil
        second.spanID = nil
        second.value = .int(-3)
        let histograms = [
            HistogramPoint(
                attributes: ["topic": "orders"],
                start: start,
                time: time,
                boundaries: [0.5, 1],
                bucketCounts: [2, 0, .max / 2],
                sum: 5.25,
                minimum: 0,
                maximum: 4.5,
                exemplars: [exemplar, second]
            ),
            HistogramPoint(start: start, time: time, boundaries: [], bucketCounts: [7], sum: 0),
        ]
        return [
            metric("counter", .sum(numbers, .cumulative, isMonotonic: true)),
            metric("changes", .sum(numbers, .delta, isMonotonic: true)),
            metric("open", .sum(numbers, .cumulative, isMonotonic: false)),
            metric("gauge", .gauge(numbers)),
            metric("duration", .histogram(histograms, .delta)),
            metric("elsewhere", .histogram(histograms, .cumulative), of: "billing"),
        ]
    }

    @Test("What was written is read again, whole", arguments: OTLPFormat.allCases)
    func roundTrip(format: OTLPFormat) throws {
        let bytes = OTLPMetrics.encode(Self.everything, as: format)
        #expect(try OTLPMetrics.decode(bytes, as: format) == Self.everything)
        #expect(try OTLPMetrics.decode(OTLPMetrics.encode([], as: format), as: format) == [])
    }

    @Test("What was read in one encoding is read in the other as well, and written as before")
    func across() throws {
        let binary = OTLPMetrics.encode(Self.everything)
        let text = OTLPMetrics.encode(Self.everything, as: .json)
        #expect(try OTLPMetrics.encode(OTLPMetrics.decode(binary), as: .json) == text)
        #expect(try OTLPMetrics.encode(OTLPMetrics.decode(text, as: .json)) == binary)
    }

    @Test("A small request has the bytes that the schema asks for")
    func golden() {
        let point = NumberPoint(
            attributes: ["k": "v"],
            start: Timestamp(nanoseconds: 1),
            time: Timestamp(nanoseconds: 2),
            value: .int(5)
        )
        let metric = MetricData(
            name: "n",
            unit: "1",
            description: "d",
            .sum([point], .cumulative, isMonotonic: true),
            scope: InstrumentationScope(name: "s")
        )
        let keyValue: [UInt8] = [0x0a, 1, 0x6b, 0x12, 3, 0x0a, 1, 0x76]
        let number: [UInt8] =
            [0x11, 1, 0, 0, 0, 0, 0, 0, 0, 0x19, 2, 0, 0, 0, 0, 0, 0, 0, 0x31, 5, 0, 0, 0, 0, 0, 0, 0]
            + [0x3a, UInt8(keyValue.count)] + keyValue
        let sum: [UInt8] = [0x0a, UInt8(number.count)] + number + [0x10, 2, 0x18, 1]
        let metricBytes: [UInt8] = [0x0a, 1, 0x6e, 0x12, 1, 0x64, 0x1a, 1, 0x31, 0x3a, UInt8(sum.count)] + sum
        let scope: [UInt8] = [0x0a, 3, 0x0a, 1, 0x73, 0x12, UInt8(metricBytes.count)] + metricBytes
        let resource: [UInt8] = [0x0a, 0, 0x12, UInt8(scope.count)] + scope
        #expect(OTLPMetrics.encode([metric]) == [0x0a, UInt8(resource.count)] + resource)
    }

    @Test(
        "A request that ends anywhere is refused or read as far as it goes, and never traps",
        arguments: OTLPFormat.allCases
    )
    func truncated(format: OTLPFormat) {
        let bytes = OTLPMetrics.encode(Self.everything, as: format)
        for count in bytes.indices {
            let read = try? OTLPMetrics.decode(Array(bytes[..<count]), as: format)
            if format == .json { #expect(read == nil, "\(count)") }
            var changed = bytes
            changed[count] ^= UInt8(truncatingIfNeeded: count &* 37 | 1)
            _ = try? OTLPMetrics.decode(changed, as: format)
        }
        #expect(throws: OTLPError.self) { try OTLPMetrics.decode(Array(bytes.dropLast()), as: format) }
    }

    @Test("No more is kept than is allowed", arguments: OTLPFormat.allCases)
    func limit(format: OTLPFormat) throws {
        let bytes = OTLPMetrics.encode(Self.everything, as: format)
        for limits in [
            OTLPLimits(maximumElementCount: 50), OTLPLimits(maximumByteCount: 500), OTLPLimits(maximumDepth: 3),
        ] {
            #expect {
                try OTLPMetrics.decode(bytes, as: format, limits: limits)
            } throws: { ($0 as? OTLPError)?.code == .tooLarge }
        }
        #expect(try OTLPMetrics.decode(bytes, as: format, limits: OTLPLimits(maximumElementCount: 500)).count == 6)
    }

    @Test("A kind that is not known is left out and takes nothing along; a histogram without buckets has one")
    func tolerance() throws {
        var writer = ProtobufWriter()
        writer.write(message: 1) { writer in
            writer.write(message: 2) { writer in
                writer.write(message: 2) { writer in
                    writer.write(string: "exponential", field: 1)
                    writer.write(message: 10) { $0.write(varint: 2, field: 2) }
                }
                writer.write(message: 2) { writer in
                    writer.write(string: "plain", field: 1)
                    writer.write(message: 9) { writer in
                        writer.write(message: 1) { writer in
                            writer.write(fixed64: 3, field: 4)
                            writer.write(double: 6, field: 5)
                        }
                    }
                }
            }
        }
        let metrics = try OTLPMetrics.decode(writer.bytes)
        #expect(metrics.map(\.name) == ["plain"])
        guard case .histogram(let points, .cumulative) = metrics.first?.content else {
            Issue.record("not a histogram")
            return
        }
        #expect(points.map(\.bucketCounts) == [[3]] && points.map(\.sum) == [6] && points.map(\.boundaries) == [[]])
    }

    @Test("JSON has ids in hexadecimal, numbers of 64 bits as text, and numbers for enums")
    func json() {
        let number = NumberPoint(
            attributes: ["k": "v"],
            start: Timestamp(nanoseconds: 1),
            time: Timestamp(nanoseconds: 2),
            value: .int(-5),
            exemplars: [Self.exemplar]
        )
        let histogram = HistogramPoint(
            start: Timestamp(nanoseconds: 1),
            time: Timestamp(nanoseconds: 2),
            boundaries: [0.5],
            bucketCounts: [2, 1],
            sum: 1.5,
            minimum: 0.25,
            maximum: 1
        )
        let scope = InstrumentationScope(name: "s", schemaURL: "u")
        let metrics = [
            MetricData(name: "n", unit: "1", description: "d", .sum([number], .delta, isMonotonic: true), scope: scope),
            MetricData(name: "h", .histogram([histogram], .cumulative), scope: scope),
            MetricData(
                name: "g",
                .gauge([NumberPoint(time: Timestamp(nanoseconds: 2), value: .double(0.5))]),
                scope: scope
            ),
        ]
        let expected = #"""
            {"resourceMetrics":[{"resource":{},"scopeMetrics":[{"scope":{"name":"s"},"metrics":[
            {"name":"n","description":"d","unit":"1","sum":{"dataPoints":[
            {"attributes":[{"key":"k","value":{"stringValue":"v"}}],"startTimeUnixNano":"1","timeUnixNano":"2","asInt":"-5",
            "exemplars":[{"filteredAttributes":[{"key":"user","value":{"intValue":"7"}}],
            "timeUnixNano":"1700000000500000000","asDouble":0.5,"spanId":"1112131415161718",
            "traceId":"0102030405060708090a0b0c0d0e0f10"}]}
            ],"aggregationTemporality":1,"isMonotonic":true}},
            {"name":"h","histogram":{"dataPoints":[
            {"startTimeUnixNano":"1","timeUnixNano":"2","count":"3","sum":1.5,"bucketCounts":["2","1"],
            "explicitBounds":[0.5],"min":0.25,"max":1.0}
            ],"aggregationTemporality":2}},
            {"name":"g","gauge":{"dataPoints":[{"timeUnixNano":"2","asDouble":0.5}]}}
            ],"schemaUrl":"u"}]}]}
            """#.split(separator: "\n").joined()
        #expect(String(decoding: OTLPMetrics.encode(metrics, as: .json), as: UTF8.self) == expected)
    }

    @Test("JSON is read as others write it: fields in any order, enums by name, numbers as numbers, null for nothing")
    func tolerantJSON() throws {
        let text = #"""
            {"resourceMetrics":[{"schemaUrl":"r","scopeMetrics":[{"metrics":[
            {"sum":{"isMonotonic":true,"aggregationTemporality":"AGGREGATION_TEMPORALITY_DELTA","new":[1],"dataPoints":[
            {"asInt":5,"timeUnixNano":2,"startTimeUnixNano":"0","attributes":null,"exemplars":[
            {"traceId":"zz","spanId":"1112131415161718","asDouble":"0.5"},null]},null]},"name":"n","gauge":null},
            {"name":"later","exponentialHistogram":{"dataPoints":[{"count":"1"}]}},
            {"name":"plain","histogram":{"aggregationTemporality":9,"dataPoints":[{"count":3,"sum":6}]}},
            null],"scope":{"name":"s"}},null],"resource":{"attributes":[{"key":"k","value":{"stringValue":"v"}}]}}]}
            """#
        let resource = Resource(attributes: ["k": "v"], schemaURL: "r")
        let scope = InstrumentationScope(name: "s")
        let zero = Timestamp(nanoseconds: 0)
        let exemplar = Exemplar(time: zero, value: .double(0.5), spanID: SpanID(bits: 0x1112_1314_1516_1718))
        let point = NumberPoint(time: Timestamp(nanoseconds: 2), value: .int(5), exemplars: [exemplar])
        let histogram = HistogramPoint(time: zero, boundaries: [], bucketCounts: [3], sum: 6)
        #expect(
            try OTLPMetrics.decode(Array(text.utf8), as: .json) == [
                MetricData(name: "n", .sum([point], .delta, isMonotonic: true), resource: resource, scope: scope),
                MetricData(name: "plain", .histogram([histogram], .cumulative), resource: resource, scope: scope),
            ]
        )
    }

    @Test(
        "JSON in which a field has the wrong type is refused, and the field is named",
        arguments: [
            (#"{"name":7}"#, "name"), (#"{"gauge":[]}"#, "gauge"), (#"{"sum":{"dataPoints":{}}}"#, "dataPoints"),
            (#"{"sum":{"dataPoints":[{"asInt":"x"}]}}"#, "asInt"), (#"{"sum":{"isMonotonic":"yes"}}"#, "isMonotonic"),
            (#"{"histogram":{"dataPoints":[{"bucketCounts":["x"]}]}}"#, "bucketCounts"),
            (#"{"histogram":{"dataPoints":[{"explicitBounds":[true]}]}}"#, "explicitBounds"),
        ]
    )
    func wrongTypes(metric: String, field: String) {
        let text = #"{"resourceMetrics":[{"scopeMetrics":[{"metrics":[\#(metric)]}]}]}"#
        #expect {
            try OTLPMetrics.decode(Array(text.utf8), as: .json)
        } throws: { error in
            guard let error = error as? OTLPError else { return false }
            return error.code == .malformed && "\(error)".contains("\"\(field)\"")
        }
    }
}
