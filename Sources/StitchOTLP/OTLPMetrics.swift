// SPDX-License-Identifier: Apache-2.0

public import TelemetryData

/// OTLP's `ExportMetricsServiceRequest`, which is also `MetricsData`: metrics by resource and scope.
public enum OTLPMetrics {
    /// A request with these metrics.
    ///
    /// - Parameters:
    ///   - metrics: The metrics. Those of one resource and one scope stand together.
    ///   - format: The encoding.
    /// - Returns: The request's bytes.
    public static func encode(_ metrics: [MetricData], as format: OTLPFormat = .protobuf) -> [UInt8] {
        let groups = MetricGroup.groups(of: metrics)
        switch format {
        case .protobuf:
            return protobuf(groups)
        case .json:
            var writer = JSONWriter(capacity: 4096)
            writer.write(groups)
            return writer.buffer.bytes
        }
    }

    private static func protobuf(_ groups: [MetricGroup]) -> [UInt8] {
        var writer = ProtobufWriter(capacity: 4096)
        for group in groups {
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

    /// The metrics of a request.
    ///
    /// - Parameters:
    ///   - bytes: The whole request, decompressed, from whoever sent it.
    ///   - format: The encoding.
    ///   - limits: How much of it is read.
    /// - Returns: The metrics; those of kinds that Stitch doesn't know are left out.
    /// - Throws: ``OTLPError``: `tooLarge` if a limit is passed, `malformed` if it is no such request.
    public static func decode(
        _ bytes: [UInt8],
        as format: OTLPFormat = .protobuf,
        limits: OTLPLimits = OTLPLimits()
    ) throws(OTLPError) -> [MetricData] {
        guard bytes.count <= limits.maximumByteCount else {
            throw OTLPError(
                .tooLarge,
                "a request has \(bytes.count) bytes and only \(limits.maximumByteCount) are read; send fewer metrics at once"
            )
        }
        do {
            return try bytes.withUnsafeBytes { bytes in
                switch format {
                case .protobuf: return try metrics(bytes, limits: limits)
                case .json:
                    var reader = OTLPJSONReader(bytes, limits: limits)
                    return try reader.metrics()
                }
            }
        } catch {
            throw OTLPError(wrapping: error)
        }
    }

    private static func metrics(
        _ bytes: UnsafeRawBufferPointer,
        limits: OTLPLimits
    ) throws(ProtobufError) -> [MetricData] {
        var decoder = TelemetryDecoder(maximumElementCount: limits.maximumElementCount)
        var reader = ProtobufReader(bytes, maximumDepth: limits.maximumDepth)
        var metrics: [MetricData] = []
        while let field = try reader.next() {
            guard field.number == 1, field.type == .lengthDelimited else { continue }
            metrics += try resourceMetrics(reader.message(field), &decoder)
        }
        return metrics
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
