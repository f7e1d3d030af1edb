// SPDX-License-Identifier: Apache-2.0

/// What was measured of one instrument, put together: a point for each set of attributes.
public struct MetricData: Sendable, Hashable {
    /// The points, by what they mean (OpenTelemetry Metrics data model, metric points).
    public enum Content: Sendable, Hashable {
        /// Values that were added up; monotonic where they only grow.
        case sum([NumberPoint], MetricTemporality, isMonotonic: Bool)
        /// Values as they were last.
        case gauge([NumberPoint])
        /// Values counted by size.
        case histogram([HistogramPoint], MetricTemporality)
    }

    /// The metric's name.
    public var name: String

    /// The unit, as UCUM writes it.
    public var unit: String

    /// What the metric tells, for people.
    public var description: String

    /// The points.
    public var content: Content

    /// What produced it.
    public var resource: Resource

    /// Which library measured it.
    public var scope: InstrumentationScope

    /// A metric.
    public init(
        name: String,
        unit: String = "",
        description: String = "",
        _ content: Content,
        resource: Resource = Resource(),
        scope: InstrumentationScope = InstrumentationScope(name: "")
    ) {
        self.name = name
        self.unit = unit
        self.description = description
        self.content = content
        self.resource = resource
        self.scope = scope
    }

    /// How many points it has.
    public var pointCount: Int {
        switch content {
        case .sum(let points, _, _), .gauge(let points): points.count
        case .histogram(let points, _): points.count
        }
    }
}

/// Since when the values of a metric are added up (OpenTelemetry Metrics data model, temporality).
///
/// The raw values are those of OTLP.
public enum MetricTemporality: Int, Sendable, Hashable, CaseIterable {
    /// Since the report before.
    case delta = 1
    /// Since the process began to measure.
    case cumulative = 2
}
