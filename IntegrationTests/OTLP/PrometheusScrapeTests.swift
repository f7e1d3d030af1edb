// SPDX-License-Identifier: Apache-2.0

import Foundation
import StitchOTLP
import TelemetryAPI
import TelemetrySDK
import Testing

@testable import Stitch

@Suite("Metrics that Prometheus scrapes, read by its own parser")
struct PrometheusScrapeTests {
    private func configuration(port: Int = 0) -> TelemetryConfiguration {
        var configuration = TelemetryConfiguration(
            serviceName: "billing",
            exporters: [],
            metricsExporters: [.prometheus]
        )
        configuration.prometheus = PrometheusConfiguration(host: "127.0.0.1", port: port)
        return configuration
    }

    /// Measures a counter and a histogram, this inside a span; the span's trace id.
    private func measure(_ delivery: TelemetryDelivery) throws -> String {
        let meter = try #require(delivery.meter)
        meter.counter(Counter.Description("orders.placed", unit: "{order}", description: "Orders \"placed\"\nso far."))
            .add(7) { attributes in
                attributes["customer"] = "a\"b\\c\nd"
                attributes["größe"] = "ü"
            }
        let durations = meter.histogram(
            Histogram.Description("messaging.process.duration", unit: "s", description: "", boundaries: [0.1, 1, 10])
        )
        return withTracer(delivery.tracer) {
            withSpan("process orders") { span in
                durations.record(0.25) { $0["messaging.destination.name"] = "orders" }
                return "\(span.context.traceID)"
            }
        }
    }

    @Test("OpenMetrics has an exemplar that leads to the trace, the target and every sample")
    func openMetrics() async throws {
        let delivery = try TelemetryDelivery(configuration()) { _ in }
        let trace = try measure(delivery)
        let port = try #require(delivery.endpoint?.port)
        let scrape = try await PythonPeer.shared.scrape(
            "http://127.0.0.1:\(port)/metrics",
            accept: "application/openmetrics-text;version=1.0.0,text/plain;q=0.5"
        )
        #expect(scrape.contentType == "application/openmetrics-text; version=1.0.0; charset=utf-8")
        let placed = try #require(scrape.sample("orders_placed_total"))
        #expect(placed.value == "7" && placed.labels["customer"] == "a\"b\\c\nd" && placed.labels["gr_e"] == "ü")
        #expect(scrape.sample("target_info", ["service_name": "billing"]) != nil)
        let name = "messaging_process_duration_seconds"
        #expect(scrape.sample(name + "_count", ["messaging_destination_name": "orders"])?.value == "1")
        #expect(scrape.sample(name + "_sum")?.value == "0.25")
        let exemplars = scrape.samples.filter { $0.name == name + "_bucket" }.map(\.exemplar).filter { !$0.isEmpty }
        #expect(exemplars.map { $0["trace_id"] } == [trace], "\(exemplars)")
        #expect(scrape.sample("otel_sdk_span_started_total") != nil, "what the SDK tells of itself is there too")
        await delivery.endpoint?.shutdown()
    }

    @Test("Who asks for nothing special gets Prometheus's text, and after the end nobody answers")
    func text() async throws {
        let delivery = try TelemetryDelivery(configuration()) { _ in }
        _ = try measure(delivery)
        let port = try #require(delivery.endpoint?.port)
        let url = "http://127.0.0.1:\(port)/metrics"
        let scrape = try await PythonPeer.shared.scrape(url)
        #expect(scrape.contentType == "text/plain; version=0.0.4; charset=utf-8")
        #expect(scrape.sample("orders_placed_total")?.value == "7")
        let name = "messaging_process_duration_seconds_bucket"
        #expect(scrape.sample(name, ["le": "+Inf"])?.value == "1")
        await delivery.endpoint?.shutdown()
        await #expect(throws: (any Error).self) { _ = try await PythonPeer.shared.scrape(url) }
    }

    @Test("An address that is taken, or is none, stops the start with the name of what to change")
    func wrongAddress() throws {
        let delivery = try TelemetryDelivery(configuration()) { _ in }
        let port = try #require(delivery.endpoint?.port)
        let taken = try #require(throws: OTLPError.self) {
            _ = try TelemetryDelivery(configuration(port: port)) { _ in }
        }
        #expect(taken.code == .unavailable && taken.message.contains("OTEL_EXPORTER_PROMETHEUS_PORT"), "\(taken)")
        let wrong = try #require(throws: OTLPError.self) {
            _ = try TelemetryDelivery(configuration(port: 70_000)) { _ in }
        }
        #expect(wrong.code == .invalidConfiguration && wrong.message.contains("70000"), "\(wrong)")
    }

    @Test("Without a port nobody listens, and the text is there for a server of one's own")
    func ownServer() throws {
        var configuration = configuration()
        configuration.prometheus.port = nil
        let delivery = try TelemetryDelivery(configuration) { _ in }
        #expect(delivery.endpoint == nil)
        _ = try measure(delivery)
        #expect(delivery.prometheusText(.prometheus).contains("orders_placed_total{"))
        #expect(delivery.prometheusText(.openMetrics).hasSuffix("# EOF\n"))
    }
}
