// SPDX-License-Identifier: Apache-2.0

import TelemetryData

/// Reads `ExportMetricsServiceRequest` in JSON, as tolerantly as spans; a field that has the wrong type costs the request.
extension OTLPJSONReader {
    mutating func metrics() throws(OTLPError) -> [MetricData] {
        var metrics: [MetricData] = []
        try message { reader, key throws(OTLPError) in
            guard key.is("resourceMetrics") else { return false }
            try reader.list("resourceMetrics") { reader throws(OTLPError) in
                try reader.resourceMetrics(into: &metrics)
            }
            return true
        }
        return metrics
    }

    private mutating func resourceMetrics(into metrics: inout [MetricData]) throws(OTLPError) {
        var resource = Resource(), schemaURL = ""
        let start = metrics.count
        guard var isFirst = try object("resourceMetrics") else { return }
        while let key = try json.nextKey(&isFirst) {
            if key.is("resource") {
                resource = try self.resource()
            } else if key.is("scopeMetrics") {
                try list("scopeMetrics") { reader throws(OTLPError) in try reader.scopeMetrics(into: &metrics) }
            } else if key.is("schemaUrl") {
                schemaURL = try string("schemaUrl")
            } else {
                try json.skip()
            }
        }
        resource.schemaURL = schemaURL
        // Fields come in any order, so the metrics may have come before their resource.
        for index in start..<metrics.count { metrics[index].resource = resource }
    }

    private mutating func scopeMetrics(into metrics: inout [MetricData]) throws(OTLPError) {
        var scope = InstrumentationScope(name: ""), schemaURL = ""
        let start = metrics.count
        guard var isFirst = try object("scopeMetrics") else { return }
        while let key = try json.nextKey(&isFirst) {
            if key.is("scope") {
                scope = try self.scope()
            } else if key.is("metrics") {
                try list("metrics") { reader throws(OTLPError) in
                    if let metric = try reader.metric() { metrics.append(metric) }
                }
            } else if key.is("schemaUrl") {
                schemaURL = try string("schemaUrl")
            } else {
                try json.skip()
            }
        }
        scope.schemaURL = schemaURL
        for index in start..<metrics.count { metrics[index].scope = scope }
    }

    /// A metric, without resource and scope; `nil` if it is of a kind that is not known.
    private mutating func metric() throws(OTLPError) -> MetricData? {
        try spend(4)
        var name = "", description = "", unit = ""
        var content: MetricData.Content?
        guard var isFirst = try object("metrics") else { return nil }
        while let key = try json.nextKey(&isFirst) {
            if key.is("name") {
                name = try string("name")
            } else if key.is("description") {
                description = try string("description")
            } else if key.is("unit") {
                unit = try string("unit")
            } else if key.is("gauge") {
                if let gauge = try numbers("gauge") { content = .gauge(gauge.points) }
            } else if key.is("sum") {
                if let sum = try numbers("sum") {
                    content = .sum(sum.points, sum.temporality, isMonotonic: sum.isMonotonic)
                }
            } else if key.is("histogram") {
                if let histogram = try histograms() { content = histogram }
            } else {
                try json.skip()
            }
        }
        return content.map { MetricData(name: name, unit: unit, description: description, $0) }
    }

    private struct Numbers {
        var points: [NumberPoint] = []
        var temporality = MetricTemporality.cumulative
        var isMonotonic = false
    }

    /// What is in a gauge or a sum; `nil` if there is none.
    private mutating func numbers(_ field: StaticString) throws(OTLPError) -> Numbers? {
        var numbers = Numbers()
        guard var isFirst = try object(field) else { return nil }
        while let key = try json.nextKey(&isFirst) {
            if key.is("dataPoints") {
                try list("dataPoints") { reader throws(OTLPError) in
                    if let point = try reader.numberPoint() { numbers.points.append(point) }
                }
            } else if key.is("aggregationTemporality") {
                numbers.temporality = try temporality()
            } else if key.is("isMonotonic") {
                numbers.isMonotonic = try truth("isMonotonic")
            } else {
                try json.skip()
            }
        }
        return numbers
    }

    private mutating func histograms() throws(OTLPError) -> MetricData.Content? {
        var points: [HistogramPoint] = []
        var temporality = MetricTemporality.cumulative
        guard var isFirst = try object("histogram") else { return nil }
        while let key = try json.nextKey(&isFirst) {
            if key.is("dataPoints") {
                try list("dataPoints") { reader throws(OTLPError) in
                    if let point = try reader.histogramPoint() { points.append(point) }
                }
            } else if key.is("aggregationTemporality") {
                temporality = try self.temporality()
            } else {
                try json.skip()
            }
        }
        return .histogram(points, temporality)
    }

    /// A temporality; one that is not told, or not known, counts as cumulative.
    private mutating func temporality() throws(OTLPError) -> MetricTemporality {
        let number = try enumeration(
            "aggregationTemporality",
            prefix: "AGGREGATION_TEMPORALITY_",
            names: ["UNSPECIFIED", "DELTA", "CUMULATIVE"]
        )
        return MetricTemporality(rawValue: number) ?? .cumulative
    }
}
