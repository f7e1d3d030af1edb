// SPDX-License-Identifier: Apache-2.0

/// What an instrument measures: declared once, as a constant, and given to the meter at each use.
///
/// ```swift
/// static let served = Counter.Description("shop.orders.served", unit: "{order}", description: "Orders that went out.")
///
/// TelemetrySystem.meter.counter(served).add(1) { $0["shop.country"] = "NO" }
/// ```
public struct InstrumentDescription: Sendable, Hashable {
    /// What is done with the values (OpenTelemetry Metrics API, instruments).
    public enum Kind: Sendable, Hashable {
        /// Adds up what only grows.
        case counter
        /// Adds up what grows and shrinks.
        case upDownCounter
        /// Counts values by size.
        case histogram
        /// Keeps the last value.
        case gauge
    }

    /// What is done with the values.
    public let kind: Kind

    /// The metric's name: letters, digits, `_`, `.`, `-` and `/`, a letter first, at most 255 of them.
    public let name: String

    /// The unit, as UCUM writes it: `s`, `By`, `1`, or what is counted, in braces: `{message}`.
    public let unit: String

    /// What the metric tells, for people.
    public let description: String

    /// The upper bounds of a histogram's buckets, each inclusive, in ascending order and in the instrument's unit.
    ///
    /// One bucket more holds what is above the last. Empty for other kinds of instruments.
    public let boundaries: [Double]

    init(_ kind: Kind, _ name: String, unit: String, description: String, boundaries: [Double] = []) {
        self.kind = kind
        self.name = name
        self.unit = unit
        self.description = description
        self.boundaries = boundaries
    }

    /// Whether both describe the same instrument, to the last bucket.
    public static func == (a: Self, b: Self) -> Bool {
        a.name == b.name && a.kind == b.kind && a.unit == b.unit && a.description == b.description
            && a.boundaries == b.boundaries
    }

    /// Hashes the name alone: it all but tells instruments apart, and meters look them up at each measurement.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(name)
    }
}
