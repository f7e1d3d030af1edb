// SPDX-License-Identifier: Apache-2.0

import TelemetryData

extension JSONWriter {
    /// Writes `ExportMetricsServiceRequest`.
    mutating func write(_ groups: [MetricGroup]) {
        object { json in
            json.list("\"resourceMetrics\":", groups) { json, group in
                json.key("\"resource\":")
                json.object { json in
                    json.write(group.resource.attributes)
                    json.write(count: group.resource.droppedAttributeCount, "\"droppedAttributesCount\":")
                }
                json.list("\"scopeMetrics\":", group.scopes) { json, scoped in
                    json.write(scoped.scope, scoped.metrics)
                }
                json.write(nonEmpty: group.resource.schemaURL, "\"schemaUrl\":")
            }
        }
    }

    private mutating func write(_ scope: InstrumentationScope, _ metrics: [MetricData]) {
        key("\"scope\":")
        object { json in
            json.write(nonEmpty: scope.name, "\"name\":")
            json.write(nonEmpty: scope.version, "\"version\":")
            json.write(scope.attributes)
            json.write(count: scope.droppedAttributeCount, "\"droppedAttributesCount\":")
        }
        list("\"metrics\":", metrics) { json, metric in
            json.write(nonEmpty: metric.name, "\"name\":")
            json.write(nonEmpty: metric.description, "\"description\":")
            json.write(nonEmpty: metric.unit, "\"unit\":")
            json.write(metric.content)
        }
        write(nonEmpty: scope.schemaURL, "\"schemaUrl\":")
    }

    private mutating func write(_ content: MetricData.Content) {
        switch content {
        case .gauge(let points):
            key("\"gauge\":")
            object { json in json.list("\"dataPoints\":", points) { $0.write($1) } }
        case .sum(let points, let temporality, let isMonotonic):
            key("\"sum\":")
            object { json in
                json.list("\"dataPoints\":", points) { $0.write($1) }
                json.write(temporality)
                if isMonotonic {
                    json.key("\"isMonotonic\":")
                    json.truth(true)
                }
            }
        case .histogram(let points, let temporality):
            key("\"histogram\":")
            object { json in
                json.list("\"dataPoints\":", points) { $0.write($1) }
                json.write(temporality)
            }
        }
    }

    private mutating func write(_ temporality: MetricTemporality) {
        key("\"aggregationTemporality\":")
        number(Int64(temporality.rawValue))
    }

    private mutating func write(_ point: NumberPoint) {
        write(point.attributes)
        if let start = point.start { write(time: start, "\"startTimeUnixNano\":") }
        write(time: point.time, "\"timeUnixNano\":")
        write(point.value)
        write(point.exemplars)
    }

    private mutating func write(_ point: HistogramPoint) {
        write(point.attributes)
        if let start = point.start { write(time: start, "\"startTimeUnixNano\":") }
        write(time: point.time, "\"timeUnixNano\":")
        key("\"count\":")
        quoted(point.count)
        write(double: point.sum, "\"sum\":")
        key("\"bucketCounts\":")
        array { json in for count in point.bucketCounts { json.quoted(count) } }
        key("\"explicitBounds\":")
        array { json in for bound in point.boundaries { json.number(bound) } }
        write(point.exemplars)
        if let minimum = point.minimum { write(double: minimum, "\"min\":") }
        if let maximum = point.maximum { write(double: maximum, "\"max\":") }
    }

    private mutating func write(_ exemplars: [Exemplar]) {
        guard !exemplars.isEmpty else { return }
        list("\"exemplars\":", exemplars) { json, exemplar in
            if !exemplar.attributes.isEmpty {
                json.key("\"filteredAttributes\":")
                json.writeList(exemplar.attributes)
            }
            json.write(time: exemplar.time, "\"timeUnixNano\":")
            json.write(exemplar.value)
            if let span = exemplar.spanID {
                json.key("\"spanId\":")
                json.hexadecimal(span.bits)
            }
            if let trace = exemplar.traceID {
                json.key("\"traceId\":")
                json.hexadecimal(trace.high, trace.low)
            }
        }
    }

    private mutating func write(_ value: MeasurementValue) {
        switch value {
        case .int(let value):
            key("\"asInt\":")
            quoted(value)
        case .double(let value):
            write(double: value, "\"asDouble\":")
        }
    }

    private mutating func write(double value: Double, _ name: StaticString) {
        key(name)
        number(value)
    }

    private mutating func write(time: Timestamp, _ name: StaticString) {
        key(name)
        quoted(time.nanoseconds)
    }

    /// An array of objects, of which the closure writes the fields.
    private mutating func list<Element>(
        _ name: StaticString,
        _ elements: [Element],
        _ fields: (inout JSONWriter, Element) -> Void
    ) {
        key(name)
        array { json in
            for element in elements { json.object { fields(&$0, element) } }
        }
    }
}
