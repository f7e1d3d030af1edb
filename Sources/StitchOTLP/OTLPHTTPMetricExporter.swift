// SPDX-License-Identifier: Apache-2.0

public import TelemetryData

/// Sends metrics to a receiver of OTLP over HTTP, such as OpenTelemetry's collector.
///
/// **Contract.** The same as that of ``OTLPHTTPExporter``, for reports instead of batches.
public final class OTLPHTTPMetricExporter: MetricExporter {
    private let sender: OTLPRequestSender
    private let exporter: OTLPMetricExporter

    /// An exporter; connects with the first export.
    ///
    /// - Parameter configuration: Where metrics go, and how; to `/v1/metrics` of this machine's port 4318, unless given.
    /// - Throws: ``OTLPError/Code/invalidConfiguration`` if a setting is wrong.
    public init(
        _ configuration: OTLPHTTPConfiguration = OTLPHTTPConfiguration(endpoint: "http://localhost:4318/v1/metrics")
    ) throws(OTLPError) {
        let sender = try OTLPRequestSender("metrics", configuration)
        self.sender = sender
        exporter = OTLPMetricExporter(
            format: configuration.encoding.format,
            post: { request, _ in try sender.send(request) },
            end: { sender.interrupt() }
        )
    }

    /// Sends a report, again where that is allowed.
    ///
    /// - Parameter metrics: The report.
    /// - Throws: ``OTLPError`` if the receiver took none of it, or left out some of the points.
    public func export(_ metrics: [MetricData]) throws {
        try exporter.export(metrics)
    }

    /// Prepares for the end of the process: what is exported, and what comes, ends within a time.
    ///
    /// Whatever comes is still tried, but where there is nobody to connect to it is not tried again. May be called from
    /// any thread, more than once; the shortest time counts.
    ///
    /// - Parameter timeout: How long it may take in all; after that every export fails at once.
    public func finish(within timeout: Duration) {
        sender.finish(within: timeout)
    }

    /// Ends an export under way, which throws ``OTLPError/Code/shutDown``, as does every later one.
    public func shutdown() {
        exporter.shutdown()
    }
}
