// SPDX-License-Identifier: Apache-2.0

extension ProtobufWriter {
    /// Writes a metric as OTLP's `Metric`, the fields in the order of their numbers.
    ///
    /// Its resource and scope belong to the messages round it.
    public mutating func write(metric: MetricData, field: Int) {
        write(message: field, lengthWidth: 2) { writer in
            writer.write(nonEmpty: metric.name, field: 1)
            writer.write(nonEmpty: metric.description, field: 2)
            writer.write(nonEmpty: metric.unit, field: 3)
            switch metric.content {
            case .gauge(let points):
                writer.write(message: 5, lengthWidth: 2) { $0.write(points: points) }
            case .sum(let points, let temporality, let isMonotonic):
                writer.write(message: 7, lengthWidth: 2) { writer in
                    writer.write(points: points)
                    writer.write(varint: UInt64(temporality.rawValue), field: 2)
                    if isMonotonic { writer.write(varint: 1, field: 3) }
                }
            case .histogram(let points, let temporality):
                writer.write(message: 9, lengthWidth: 2) { writer in
                    for point in points { writer.write(point: point) }
                    writer.write(varint: UInt64(temporality.rawValue), field: 2)
                }
            }
        }
    }

    private mutating func write(points: [NumberPoint]) {
        for point in points {
            write(message: 1, lengthWidth: 2) { writer in
                if let start = point.start { writer.write(fixed64: start.nanoseconds, field: 2) }
                writer.write(fixed64: point.time.nanoseconds, field: 3)
                if case .double(let value) = point.value { writer.write(double: value, field: 4) }
                for exemplar in point.exemplars { writer.write(exemplar: exemplar, field: 5) }
                if case .int(let value) = point.value { writer.write(fixed64: UInt64(bitPattern: value), field: 6) }
                writer.write(attributes: point.attributes, field: 7)
            }
        }
    }

    private mutating func write(point: HistogramPoint) {
        write(message: 1, lengthWidth: 2) { writer in
            if let start = point.start { writer.write(fixed64: start.nanoseconds, field: 2) }
            writer.write(fixed64: point.time.nanoseconds, field: 3)
            writer.write(fixed64: point.count, field: 4)
            writer.write(double: point.sum, field: 5)
            writer.write(packedFixed64: point.bucketCounts, field: 6)
            if !point.boundaries.isEmpty {
                writer.write(packedFixed64: point.boundaries.map(\.bitPattern), field: 7)
            }
            for exemplar in point.exemplars { writer.write(exemplar: exemplar, field: 8) }
            writer.write(attributes: point.attributes, field: 9)
            if let minimum = point.minimum { writer.write(double: minimum, field: 11) }
            if let maximum = point.maximum { writer.write(double: maximum, field: 12) }
        }
    }

    private mutating func write(exemplar: Exemplar, field: Int) {
        write(message: field) { writer in
            writer.write(fixed64: exemplar.time.nanoseconds, field: 2)
            if case .double(let value) = exemplar.value { writer.write(double: value, field: 3) }
            if let span = exemplar.spanID { writer.write(spanID: span, field: 4) }
            if let trace = exemplar.traceID { writer.write(traceID: trace, field: 5) }
            if case .int(let value) = exemplar.value { writer.write(fixed64: UInt64(bitPattern: value), field: 6) }
            writer.write(attributes: exemplar.attributes, field: 7)
        }
    }
}
