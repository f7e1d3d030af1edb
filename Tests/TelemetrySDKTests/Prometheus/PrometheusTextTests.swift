// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import TelemetrySDK

@Suite("Metrics as text for Prometheus")
struct PrometheusTextTests {
    private let start = Timestamp(nanoseconds: 1_700_000_000_000_000_000)
    private let time = Timestamp(nanoseconds: 1_700_000_060_000_000_000)

    private func exemplar(_ value: Double, _ id: UInt64, at nanoseconds: UInt64 = 500_000_000) -> Exemplar {
        Exemplar(
            time: Timestamp(nanoseconds: start.nanoseconds + nanoseconds),
            value: .double(value),
            traceID: TraceID(high: 1, low: id),
            spanID: SpanID(bits: id)
        )
    }

    private func counter(_ name: String, _ value: Int64, _ attributes: Attributes = [:], unit: String = "")
        -> MetricData
    {
        let point = NumberPoint(attributes: attributes, start: start, time: time, value: .int(value))
        return MetricData(name: name, unit: unit, .sum([point], .cumulative, isMonotonic: true))
    }

    private var everything: [MetricData] {
        let resource = Resource(attributes: ["service.name": "shop", "process.pid": 7])
        let scope = InstrumentationScope(name: "stitch", version: "1.0")
        let sent = [
            NumberPoint(
                attributes: ["topic": "a\"b\\c\nd", "late": true],
                start: start,
                time: time,
                value: .int(3),
                exemplars: [exemplar(1, 7), exemplar(1, 9, at: 600_000_000)]
            )
        ]
        let duration = HistogramPoint(
            start: start,
            time: time,
            boundaries: [0.5, 1],
            bucketCounts: [2, 0, 1],
            sum: 5.25,
            minimum: 0.25,
            maximum: 4.5,
            exemplars: [exemplar(0.5, 1), exemplar(4.5, 2)]
        )
        return [
            MetricData(
                name: "messages.sent",
                unit: "{message}",
                description: "Sent \\ \"out\"\nso far.",
                .sum(sent, .cumulative, isMonotonic: true),
                resource: resource,
                scope: scope
            ),
            MetricData(
                name: "work.duration",
                unit: "s",
                description: "How long.",
                .histogram([duration], .cumulative),
                resource: resource,
                scope: scope
            ),
            MetricData(
                name: "queue.fill",
                unit: "1",
                .gauge([NumberPoint(time: time, value: .double(0.25), exemplars: [exemplar(1, 3)])]),
                resource: resource,
                scope: scope
            ),
            MetricData(
                name: "queue.size",
                .sum([NumberPoint(start: start, time: time, value: .int(-2))], .cumulative, isMonotonic: false),
                resource: resource,
                scope: scope
            ),
        ]
    }

    @Test("Prometheus's own format: a counter's name has its suffix everywhere, and there are no exemplars")
    func prometheus() {
        let scope = #"otel_scope_name="stitch",otel_scope_version="1.0""#
        let expected = #"""
            # HELP target_info What the metrics are of.
            # TYPE target_info gauge
            target_info{process_pid="7",service_name="shop"} 1
            # TYPE messages_sent_total counter
            # HELP messages_sent_total Sent \\ "out"\nso far.
            messages_sent_total{late="true",SCOPE,topic="a\"b\\c\nd"} 3
            # TYPE work_duration_seconds histogram
            # HELP work_duration_seconds How long.
            work_duration_seconds_bucket{SCOPE,le="0.5"} 2
            work_duration_seconds_bucket{SCOPE,le="1.0"} 2
            work_duration_seconds_bucket{SCOPE,le="+Inf"} 3
            work_duration_seconds_sum{SCOPE} 5.25
            work_duration_seconds_count{SCOPE} 3
            # TYPE queue_fill_ratio gauge
            queue_fill_ratio{SCOPE} 0.25
            # TYPE queue_size gauge
            queue_size{SCOPE} -2

            """#.replacing("SCOPE", with: scope)
        #expect(PrometheusText.text(of: everything, format: .prometheus) == expected)
    }

    @Test("OpenMetrics: exemplars lead to spans, the newest of each bucket; it is told when counting began")
    func openMetrics() {
        let scope = #"otel_scope_name="stitch",otel_scope_version="1.0""#
        let expected = #"""
            # HELP target What the metrics are of.
            # TYPE target info
            target_info{process_pid="7",service_name="shop"} 1
            # TYPE messages_sent counter
            # HELP messages_sent Sent \\ \"out\"\nso far.
            messages_sent_total{late="true",SCOPE,topic="a\"b\\c\nd"} 3 # {trace_id="00000000000000010000000000000009",span_id="0000000000000009"} 1.0 1700000000.600000000
            messages_sent_created{late="true",SCOPE,topic="a\"b\\c\nd"} 1700000000.000000000
            # TYPE work_duration_seconds histogram
            # UNIT work_duration_seconds seconds
            # HELP work_duration_seconds How long.
            work_duration_seconds_bucket{SCOPE,le="0.5"} 2 # {trace_id="00000000000000010000000000000001",span_id="0000000000000001"} 0.5 1700000000.500000000
            work_duration_seconds_bucket{SCOPE,le="1.0"} 2
            work_duration_seconds_bucket{SCOPE,le="+Inf"} 3 # {trace_id="00000000000000010000000000000002",span_id="0000000000000002"} 4.5 1700000000.500000000
            work_duration_seconds_sum{SCOPE} 5.25
            work_duration_seconds_count{SCOPE} 3
            work_duration_seconds_created{SCOPE} 1700000000.000000000
            # TYPE queue_fill_ratio gauge
            # UNIT queue_fill_ratio ratio
            queue_fill_ratio{SCOPE} 0.25
            # TYPE queue_size gauge
            queue_size{SCOPE} -2
            # EOF

            """#.replacing("SCOPE", with: scope)
        #expect(PrometheusText.text(of: everything, format: .openMetrics) == expected)
    }

    @Test("Of metrics that would have one name and different types the first is written; of one type all are")
    func conflicts() {
        let gauge = MetricData(name: "a_b", .gauge([NumberPoint(time: time, value: .int(9))]))
        let text = PrometheusText.text(
            of: [
                counter("a.b", 1, ["x": 1]), gauge, counter("a_b_total", 2, ["x": 2]), counter("a/b", 3, ["x": 1]),
                MetricData(name: "a_b_total", .gauge([NumberPoint(time: time, value: .int(8))])),
            ],
            format: .prometheus
        )
        #expect(
            text == """
                # TYPE a_b_total counter
                a_b_total{x="1"} 1
                a_b_total{x="2"} 2

                """
        )
    }

    @Test("Attributes whose names become one share a label, their values in the order of their names")
    func collidingLabels() {
        let text = PrometheusText.text(
            of: [counter("n", 1, ["a_b": "3", "a.b": "2", "a-b": "1"])],
            format: .prometheus
        )
        #expect(text.contains(#"n_total{a_b="1;2;3"} 1"#))
    }

    @Test("What is no text is written as JSON has it")
    func values() {
        let text = PrometheusText.text(
            of: [
                counter("n", 1, ["a": .array(["x", 1, .bool(false), .double(.nan)]), "b": .bytes([1, 2]), "d": 1.5])
            ],
            format: .prometheus
        )
        #expect(text.contains(#"n_total{a="[\"x\",1,false,\"NaN\"]",b="AQI=",d="1.5"} 1"#))
    }

    @Test("An exemplar has no more than 128 characters of labels: its span, and what else there is room for")
    func exemplarLimit() {
        var exemplar = exemplar(1, 1)
        exemplar.attributes = ["long": .string(String(repeating: "x", count: 80)), "user": 7, "trace_id": "mine"]
        let labels = PrometheusLabels(exemplar).description
        #expect(labels.hasSuffix(#",user="7"}"#) && !labels.contains("long") && !labels.contains("mine"))
    }

    @Test("Deltas, and metrics without a point, can't be said")
    func deltas() {
        let point = NumberPoint(start: start, time: time, value: .int(1))
        let metrics = [
            MetricData(name: "a", .sum([point], .delta, isMonotonic: true)), MetricData(name: "b", .gauge([])),
        ]
        #expect(PrometheusText.text(of: metrics, format: .prometheus) == "")
        #expect(PrometheusText.text(of: metrics, format: .openMetrics) == "# EOF\n")
    }

    @Test("Whoever asks for OpenMetrics gets it")
    func negotiation() {
        let accept = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.1"
        #expect(PrometheusText.Format(accept: accept) == .openMetrics)
        #expect(PrometheusText.Format(accept: "text/plain") == .prometheus)
        #expect(PrometheusText.Format(accept: nil) == .prometheus)
    }

    @Test("What is read back from the text is what was measured, whatever it was", arguments: 0..<20 as Range<UInt64>)
    func readBack(seed: UInt64) throws {
        var random = SeededGenerator(seed)
        let meter = SDKMeter()
        for _ in 0..<300 {
            let user = Self.users.randomElement(using: &random) ?? ""
            meter.counter(Shop.served).add(Double.random(in: 0..<10, using: &random)) { $0["user"] = .string(user) }
            meter.histogram(Shop.size).record(.random(in: 0..<200, using: &random)) { $0["user"] = .string(user) }
        }
        for format in PrometheusText.Format.allCases {
            let samples = try PrometheusReader.samples(of: PrometheusText.text(of: meter.collect(), format: format))
            for point in meter.numbers("shop.served") {
                let labels = ["user": point.attributes["user"]?.stringValue ?? "", "otel_scope_name": "stitch"]
                #expect(samples[.init(name: "shop_served_total", labels: labels)] == point.value.doubleValue)
            }
            for point in meter.histograms("shop.size") {
                var labels = ["user": point.attributes["user"]?.stringValue ?? "", "otel_scope_name": "stitch"]
                #expect(samples[.init(name: "shop_size_bytes_sum", labels: labels)] == point.sum)
                #expect(samples[.init(name: "shop_size_bytes_count", labels: labels)] == Double(point.count))
                for (bound, counts) in zip(["1.0", "10.0", "100.0", "+Inf"], 1...4) {
                    labels["le"] = bound
                    let expected = point.bucketCounts.prefix(counts).reduce(0, +)
                    #expect(samples[.init(name: "shop_size_bytes_bucket", labels: labels)] == Double(expected))
                }
            }
        }
    }

    private static let users = ["plain", "with \"quotes\"", "back\\slash", "line\nfeed", "{braces} # 1", "ü", ""]
}
