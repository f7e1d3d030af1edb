// SPDX-License-Identifier: Apache-2.0

import TelemetryAPI

/// Which temporality a report has (OpenTelemetry OTLP exporter, metrics temporality preference).
public enum MetricTemporalityPreference: String, Sendable, Hashable, CaseIterable {
    /// Everything since the process began to measure.
    case cumulative
    /// What came since the report before, of what only grows and of histograms; the rest as it stands.
    case delta
}

/// Turns reports of cumulative values, one after the other, into what came between them.
///
/// Pure. A point that nothing came to is left out. The smallest and the largest value are not known of a part of the time,
/// so they are left out too; sums of floating-point values are differences, rounded as such.
struct DeltaMetrics {
    private struct Key: Hashable {
        var name: String
        var unit: String
        var description: String
        var isHistogram: Bool
        var scope: InstrumentationScope

        init(_ metric: MetricData) {
            name = metric.name
            unit = metric.unit
            description = metric.description
            scope = metric.scope
            if case .histogram = metric.content { isHistogram = true } else { isHistogram = false }
        }
    }

    private struct Before {
        var numbers: [Attributes: NumberPoint] = [:]
        var histograms: [Attributes: HistogramPoint] = [:]
    }

    private var before: [Key: Before] = [:]
    private var time: Timestamp?

    /// What came since the report before.
    mutating func delta(of report: [MetricData], at time: Timestamp) -> [MetricData] {
        let since = self.time
        self.time = time
        return report.compactMap { metric in
            switch metric.content {
            case .sum(let points, .cumulative, isMonotonic: true):
                return replace(metric, sum(points, of: Key(metric), since: since))
            case .histogram(let points, .cumulative):
                return replace(metric, histogram(points, of: Key(metric), since: since))
            default:
                return metric
            }
        }
    }

    private func replace(_ metric: MetricData, _ content: MetricData.Content?) -> MetricData? {
        content.map { content in
            var metric = metric
            metric.content = content
            return metric
        }
    }

    private mutating func sum(_ points: [NumberPoint], of key: Key, since: Timestamp?) -> MetricData.Content? {
        var deltas: [NumberPoint] = []
        for point in points {
            let old = before[key, default: Before()].numbers.updateValue(point, forKey: point.attributes)
            guard let old else {
                deltas.append(point.since(since))
                continue
            }
            guard old.value != point.value else { continue }
            var delta = point.since(since)
            delta.value = point.value - old.value
            deltas.append(delta)
        }
        return deltas.isEmpty ? nil : .sum(deltas, .delta, isMonotonic: true)
    }

    private mutating func histogram(_ points: [HistogramPoint], of key: Key, since: Timestamp?) -> MetricData.Content? {
        var deltas: [HistogramPoint] = []
        for point in points {
            let old = before[key, default: Before()].histograms.updateValue(point, forKey: point.attributes)
            var delta = point.since(since)
            delta.minimum = nil
            delta.maximum = nil
            if let old, old.boundaries == point.boundaries {
                guard old.bucketCounts != point.bucketCounts else { continue }
                delta.bucketCounts = zip(point.bucketCounts, old.bucketCounts).map { $0 &- $1 }
                delta.sum = point.sum - old.sum
            }
            deltas.append(delta)
        }
        return deltas.isEmpty ? nil : .histogram(deltas, .delta)
    }
}

extension NumberPoint {
    /// The same, of the time since then.
    fileprivate func since(_ time: Timestamp?) -> NumberPoint {
        guard let time else { return self }
        var point = self
        point.start = time
        point.exemplars.removeAll { $0.time < time }
        return point
    }
}

extension HistogramPoint {
    /// The same, of the time since then.
    fileprivate func since(_ time: Timestamp?) -> HistogramPoint {
        guard let time else { return self }
        var point = self
        point.start = time
        point.exemplars.removeAll { $0.time < time }
        return point
    }
}

extension MeasurementValue {
    fileprivate static func - (value: Self, other: Self) -> Self {
        if case .int(let value) = value, case .int(let other) = other { return .int(value &- other) }
        return .double(value.doubleValue - other.doubleValue)
    }
}
