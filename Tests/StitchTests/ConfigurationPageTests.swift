// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import Stitch

/// The tables of `docs/configuration.md`: a row for each variable, with what stands under "unless set".
private struct ConfigurationPage {
    var defaults: [String: String] = [:]

    init() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let page = try String(contentsOf: root.appending(path: "docs/configuration.md"), encoding: .utf8)
        // Those of Kafka's clients and of workers are no telemetry's.
        for line in page.split(separator: "\n")
        where line.hasPrefix("| `") && !["KAFKA_", "STITCH_JOBS_"].contains(where: { line.hasPrefix("| `\($0)") }) {
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            for name in cells[0].split(separator: ",") {
                defaults[name.trimmingCharacters(in: CharacterSet(charactersIn: " `"))] =
                    cells.count > 2 ? cells[2] : ""
            }
        }
    }
}

@Suite("The page about the configuration")
struct ConfigurationPageTests {
    /// The variables that a configuration asks an environment for, those for one kind of telemetry as those for both.
    private func read() -> Set<String> {
        var reader = EnvironmentReader(["OTEL_TRACES_SAMPLER": "traceidratio"])
        _ = TelemetryConfiguration(&reader)
        return Set(
            reader.names.map { name in
                let settings = ["TRACES", "METRICS"].map { "OTEL_EXPORTER_OTLP_\($0)_" }
                guard !name.hasSuffix("TEMPORALITY_PREFERENCE"), let own = settings.first(where: name.hasPrefix) else {
                    return name
                }
                return "OTEL_EXPORTER_OTLP_\(name.dropFirst(own.count))"
            }
        )
    }

    @Test("Every variable that is read is on the page, and no other")
    func names() throws {
        // Those that stand in another's row, and the one that is only warned about.
        let elsewhere: Set = [
            "OTEL_ATTRIBUTE_COUNT_LIMIT", "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "OTEL_CONFIG_FILE",
        ]
        #expect(try Set(ConfigurationPage().defaults.keys) == read().subtracting(elsewhere))
    }

    @Test("Both kinds of telemetry have every variable of OTLP for themselves")
    func ownNames() {
        var reader = EnvironmentReader([:])
        _ = TelemetryConfiguration(&reader)
        for signal in ["TRACES", "METRICS"] {
            let own = reader.names.filter { $0.hasPrefix("OTEL_EXPORTER_OTLP_\(signal)_") }
            #expect(Set(own).count == (signal == "TRACES" ? 8 : 9), "\(own)")
        }
    }

    @Test("What the page says of an unset variable is so")
    func defaults() throws {
        let configuration = TelemetryConfiguration(environment: [:])
        let facts: [String: String] = [
            "OTEL_SDK_DISABLED": "`\(configuration.isDisabled)`",
            "OTEL_TRACES_EXPORTER": "`\(configuration.exporters[0].rawValue)`; none if there is a file",
            "OTEL_METRICS_EXPORTER": "`\(configuration.metricsExporters[0].rawValue)`; none if there is a file",
            "OTEL_EXPORTER_PROMETHEUS_HOST": "`\(configuration.prometheus.host)`",
            "OTEL_EXPORTER_PROMETHEUS_PORT": "\(configuration.prometheus.port ?? -1)",
            "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "\(configuration.batchSize)",
            "OTEL_BSP_SCHEDULE_DELAY": "\(milliseconds(configuration.exportDelay))",
            "OTEL_BSP_EXPORT_TIMEOUT": "\(milliseconds(configuration.exportTimeout))",
            "OTEL_METRIC_EXPORT_INTERVAL": "\(milliseconds(configuration.metrics.interval))",
            "OTEL_METRIC_EXPORT_TIMEOUT": "\(milliseconds(configuration.metrics.timeout))",
            "OTEL_METRICS_EXEMPLAR_FILTER": "`\(configuration.metrics.settings.exemplarFilter.rawValue)`",
            "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE": "`\(configuration.metrics.temporality.rawValue)`",
            "OTEL_SPAN_EVENT_COUNT_LIMIT": "\(configuration.limits.events)",
            "OTEL_SPAN_LINK_COUNT_LIMIT": "\(configuration.limits.links)",
            "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT": "`OTEL_ATTRIBUTE_COUNT_LIMIT`, else \(configuration.limits.attributes)",
            "OTEL_EXPORTER_OTLP_TIMEOUT": "\(milliseconds(configuration.otlp.timeout))",
            "OTEL_EXPORTER_OTLP_COMPRESSION": "`\(configuration.otlp.compression.rawValue)`",
            "OTEL_EXPORTER_OTLP_PROTOCOL": "`\(configuration.otlp.encoding.rawValue)`",
            "OTEL_EXPORTER_OTLP_ENDPOINT": "`\(configuration.otlp.endpoint.dropLast("/v1/traces".count))`",
        ]
        let page = try ConfigurationPage().defaults
        for (name, fact) in facts { #expect(page[name] == fact, "\(name)") }
        #expect(configuration.queueCapacity == nil && BatchSpanProcessor.defaultByteCapacity == 8 << 20)
        #expect(page["OTEL_BSP_MAX_QUEUE_SIZE"] == "8 MiB of encoded spans")
        #expect(configuration.shutdownTimeout == .seconds(5))
    }

    private func milliseconds(_ duration: Duration) -> Int { Int(duration / .milliseconds(1)) }
}
