// SPDX-License-Identifier: Apache-2.0

import StitchOTLP
import TelemetryAPI
import TelemetryData
import TelemetrySDK

/// The ways out of the process that a configuration names, for spans.
struct SpanExport {
    /// All of them together.
    let exporter: CountedSpanExporter
    /// The one over the network.
    let receiver: OTLPHTTPExporter?
    /// Of each way.
    let watches: [DeliveryWatch]

    /// Opens them.
    ///
    /// - Parameters:
    ///   - configuration: Which there are.
    ///   - meter: Who measures what they do.
    ///   - tell: Tells whoever runs the program a sentence.
    /// - Throws: What is wrong with one.
    init(
        _ configuration: TelemetryConfiguration,
        meter: (any Meter)?,
        tell: @escaping @Sendable (String) -> Void
    ) throws(OTLPError) {
        var exporters: [any SpanExporter] = []
        var watches: [DeliveryWatch] = []
        func add(_ exporter: any SpanExporter, _ component: String) {
            let watch = DeliveryWatch(.spans, tell: tell)
            watches.append(watch)
            let measured = meter.map { MeasuredSpanExporter(exporter, meter: $0, component: component) }
            exporters.append(WatchedSpanExporter(exporter: measured ?? exporter, watch: watch))
        }
        // First what takes no time: one after the other gets each batch.
        if let path = configuration.file {
            let file = try FileSpanExporter(
                path: path,
                maximumSize: configuration.maximumFileSize,
                keeping: configuration.keptFileCount
            )
            add(file, "file_span_exporter/0")
        }
        if configuration.exporters.contains(.console) { add(ConsoleSpanExporter(), "console_span_exporter/0") }
        var receiver: OTLPHTTPExporter?
        if configuration.exporters.contains(.otlp) {
            var otlp = configuration.otlp
            otlp.timeout = min(otlp.timeout, configuration.exportTimeout)
            let opened = try OTLPHTTPExporter(otlp)
            receiver = opened
            add(opened, otlp.encoding == .json ? "otlp_http_json_span_exporter/0" : "otlp_http_span_exporter/0")
        }
        for (index, exporter) in configuration.otherExporters.enumerated() {
            add(exporter, "other_span_exporter/\(index)")
        }
        self.receiver = receiver
        self.watches = watches
        exporter = CountedSpanExporter(exporters.count == 1 ? exporters[0] : MultiSpanExporter(exporters))
    }
}
