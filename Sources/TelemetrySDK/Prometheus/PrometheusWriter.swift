// SPDX-License-Identifier: Apache-2.0

import TelemetryAPI

/// Writes families of metrics, line by line.
struct PrometheusWriter {
    private let format: PrometheusText.Format
    private var text = ""

    init(format: PrometheusText.Format) {
        self.format = format
    }

    mutating func finish() -> String {
        if format == .openMetrics { text += "# EOF\n" }
        return text
    }

    /// Writes what the metrics are of.
    mutating func write(target: Resource) {
        let isInfo = format == .openMetrics
        let name = isInfo ? "target" : "target_info"
        text += "# HELP \(name) What the metrics are of.\n# TYPE \(name) \(isInfo ? "info" : "gauge")\n"
        text += "target_info\(PrometheusLabels(target.attributes, scope: nil)) 1\n"
    }

    mutating func write(_ family: PrometheusFamily) {
        let name = format == .openMetrics ? family.name : family.sampleName
        text += "# TYPE \(name) \(family.kind.rawValue)\n"
        if format == .openMetrics, !family.unit.isEmpty { text += "# UNIT \(name) \(family.unit)\n" }
        if !family.help.isEmpty { text += "# HELP \(name) \(escaped(help: family.help))\n" }
        // A set of labels that comes twice would make the whole text unreadable.
        var written: Set<String> = []
        for metric in family.metrics {
            switch metric.content {
            case .sum(let points, _, _), .gauge(let points):
                for point in points {
                    let labels = PrometheusLabels(point.attributes, scope: metric.scope)
                    if written.insert(labels.description).inserted { write(point, labels, family) }
                }
            case .histogram(let points, _):
                for point in points {
                    let labels = PrometheusLabels(point.attributes, scope: metric.scope, reserved: "le")
                    if written.insert(labels.description).inserted { write(point, labels, family) }
                }
            }
        }
    }

    private mutating func write(_ point: NumberPoint, _ labels: PrometheusLabels, _ family: PrometheusFamily) {
        text += "\(family.sampleName)\(labels) \(number(point.value))"
        if family.kind == .counter {
            exemplar(point.exemplars.max { $0.time < $1.time })
            text += "\n"
            created(point.start, family.name, labels)
        } else {
            text += "\n"
        }
    }

    private mutating func write(_ point: HistogramPoint, _ labels: PrometheusLabels, _ family: PrometheusFamily) {
        var count: UInt64 = 0
        for (index, bucket) in point.bucketCounts.enumerated() {
            count &+= bucket
            let bound = index < point.boundaries.count ? point.boundaries[index] : .infinity
            let below = index == 0 ? -Double.infinity : point.boundaries[index - 1]
            text += "\(family.name)_bucket\(labels.adding("le", number(.double(bound)))) \(count)"
            let inside = point.exemplars.filter { $0.value.doubleValue > below && $0.value.doubleValue <= bound }
            exemplar(inside.max { $0.time < $1.time })
            text += "\n"
        }
        text += "\(family.name)_sum\(labels) \(number(.double(point.sum)))\n"
        text += "\(family.name)_count\(labels) \(count)\n"
        created(point.start, family.name, labels)
    }

    /// When counting began.
    private mutating func created(_ start: Timestamp?, _ name: String, _ labels: PrometheusLabels) {
        guard format == .openMetrics, let start else { return }
        text += "\(name)_created\(labels) \(seconds(start))\n"
    }

    /// Which measurement stands for the sample before it.
    private mutating func exemplar(_ exemplar: Exemplar?) {
        guard format == .openMetrics, let exemplar else { return }
        let labels = PrometheusLabels(exemplar)
        text += " # \(labels.isEmpty ? "{}" : labels.description) \(number(exemplar.value)) \(seconds(exemplar.time))"
    }

    private func seconds(_ time: Timestamp) -> String {
        let rest = String(time.nanoseconds % 1_000_000_000)
        return "\(time.nanoseconds / 1_000_000_000).\(String(repeating: "0", count: 9 - rest.count))\(rest)"
    }

    private func number(_ value: MeasurementValue) -> String {
        switch value {
        case .int(let value): return "\(value)"
        case .double(let value):
            if value.isNaN { return "NaN" }
            if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
            return value.description
        }
    }

    private func escaped(help: String) -> String {
        var help = help.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
        if format == .openMetrics { help = help.replacing("\"", with: "\\\"") }
        return help
    }
}
