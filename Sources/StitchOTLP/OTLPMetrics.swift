// SPDX-License-Identifier: Apache-2.0

public import TelemetryData

/// OTLP's `ExportMetricsServiceRequest`, which is also `MetricsData`: metrics by resource and scope.
public enum OTLPMetrics {
    /// Metrics in the protobuf encoding.
    public static func encode(_ metrics: [MetricData]) -> [UInt8] {
        var writer = ProtobufWriter(capacity: 4096)
        for group in MetricGroup.groups(of: metrics) {
            writer.write(message: 1, lengthWidth: 3) { writer in
                writer.write(resource: group.resource, field: 1)
                for scoped in group.scopes {
                    writer.write(message: 2, lengthWidth: 3) { writer in
                        writer.write(scope: scoped.scope, field: 1)
                        for metric in scoped.metrics { writer.write(metric: metric, field: 2) }
                        writer.write(nonEmpty: scoped.scope.schemaURL, field: 3)
                    }
                }
                writer.write(nonEmpty: group.resource.schemaURL, field: 3)
            }
        }
        return writer.bytes
    }

    /// Metrics of the protobuf encoding; those of kinds that Stitch doesn't know are left out.
    ///
    /// - Parameters:
    ///   - bytes: The request, which anybody may have sent.
    ///   - maximumElementCount: How many attributes, values, exemplars and points may be kept, a point counting as four.
    /// - Throws: ``OTLPError/Code/malformed`` when the bytes are no such request, or hold too much.
    public static func decode(
        _ bytes: [UInt8],
        maximumElementCount: Int = .max
    ) throws(OTLPError) -> [MetricData] {
        do {
            return try bytes.withUnsafeBytes { bytes throws(ProtobufError) in
                var decoder = TelemetryDecoder(maximumElementCount: maximumElementCount)
                var reader = ProtobufReader(bytes)
                var metrics: [MetricData] = []
                while let field = try reader.next() {
                    guard field.number == 1, field.type == .lengthDelimited else { continue }
                    metrics += try resourceMetrics(reader.message(field), &decoder)
                }
                return metrics
            }
        } catch {
            throw OTLPError(.malformed, "\(bytes.count) bytes are not OTLP's metrics: \(error)", cause: error)
        }
    }

    private static func resourceMetrics(
        _ message: ProtobufReader,
        _ decoder: inout TelemetryDecoder
    ) throws(ProtobufError) -> [MetricData] {
        var message = message
        var metrics: [MetricData] = []
        var resource = Resource()
        var schemaURL = ""
        while let field = try message.next() {
            switch (field.number, field.type) {
            case (1, .lengthDelimited): resource = try decoder.resource(message.message(field))
            case (2, .lengthDelimited): metrics += try scopeMetrics(message.message(field), &decoder)
            case (3, .lengthDelimited): schemaURL = field.string
            default: break
            }
        }
        // Fields come in any order.
        resource.schemaURL = schemaURL
        for index in metrics.indices { metrics[index].resource = resource }
        return metrics
    }

    private static func scopeMetrics(
        _ message: ProtobufReader,
        _ decoder: inout TelemetryDecoder
    ) throws(ProtobufError) -> [MetricData] {
        var message = message
        var metrics: [MetricData] = []
        var scope = InstrumentationScope(name: "")
        var schemaURL = ""
        while let field = try message.next() {
            switch (field.number, field.type) {
            case (1, .lengthDelimited): scope = try decoder.scope(message.message(field))
            case (2, .lengthDelimited):
                if let metric = try decoder.metric(message.message(field)) { metrics.append(metric) }
            case (3, .lengthDelimited): schemaURL = field.string
            default: break
            }
        }
        scope.schemaURL = schemaURL
        for index in metrics.indices { metrics[index].scope = scope }
        return metrics
    }
}

/// The metrics of one resource, by scope.
struct MetricGroup {
    let resource: Resource
    var scopes: [(scope: InstrumentationScope, metrics: [MetricData])]

    /// Metrics by resource and scope, in the order in which they come first.
    static func groups(of metrics: [MetricData]) -> [MetricGroup] {
        var groups: [MetricGroup] = []
        for metric in metrics {
            let index = groups.firstIndex { $0.resource == metric.resource } ?? groups.count
            if index == groups.count { groups.append(MetricGroup(resource: metric.resource, scopes: [])) }
            if let scope = groups[index].scopes.firstIndex(where: { $0.scope == metric.scope }) {
                groups[index].scopes[scope].metrics.append(metric)
            } else {
                groups[index].scopes.append((metric.scope, [metric]))
            }
        }
        return groups
    }
}
