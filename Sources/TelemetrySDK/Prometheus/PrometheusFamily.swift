// SPDX-License-Identifier: Apache-2.0

import TelemetryAPI

/// Metrics that have one name for Prometheus: described once, with all their points.
struct PrometheusFamily {
    enum Kind: String {
        case counter
        case gauge
        case histogram
    }

    let name: String
    let kind: Kind
    let unit: String
    let help: String
    private(set) var metrics: [MetricData]

    private init?(_ metric: MetricData) {
        switch metric.content {
        case .sum(_, .cumulative, isMonotonic: true): kind = .counter
        case .sum(_, .cumulative, isMonotonic: false), .gauge: kind = .gauge
        case .histogram(_, .cumulative): kind = .histogram
        default: return nil
        }
        unit = PrometheusUnit.word(for: metric.unit, isGauge: kind == .gauge)
        var base = metric.name
        // The suffix stands behind the unit, and only once.
        if kind == .counter { for suffix in ["_total", ".total"] where base.hasSuffix(suffix) { base.removeLast(6) } }
        name = PrometheusName.metric(base, unit: unit)
        help = metric.description
        metrics = [metric]
    }

    /// The name that samples and, in Prometheus's own format, comments have.
    var sampleName: String { kind == .counter ? name + "_total" : name }

    /// The metrics by name, in the order in which they come first.
    ///
    /// Of several types for one name the first holds, and metrics of another are left out.
    static func families(of metrics: [MetricData]) -> [PrometheusFamily] {
        var families: [PrometheusFamily] = []
        // Also the names of the samples of other families, since a reader could not tell them apart.
        var taken: [String: Int] = ["target_info": -1, "target": -1]
        for metric in metrics where metric.pointCount > 0 {
            guard let family = PrometheusFamily(metric) else { continue }
            if let index = taken[family.name], index >= 0, families[index].name == family.name,
                families[index].kind == family.kind
            {
                families[index].metrics.append(metric)
                continue
            }
            let names = family.allNames
            guard names.allSatisfy({ taken[$0] == nil }) else { continue }
            for name in names { taken[name] = families.count }
            families.append(family)
        }
        return families
    }

    private var allNames: [String] {
        switch kind {
        case .counter: [name, name + "_total", name + "_created"]
        case .gauge: [name]
        case .histogram: ["", "_bucket", "_sum", "_count", "_created"].map { name + $0 }
        }
    }
}
