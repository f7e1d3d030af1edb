// SPDX-License-Identifier: Apache-2.0

/// Delivers metrics to whoever keeps them.
///
/// Called on one thread of the meter's own, one report at a time, so an exporter may block it; measurements go on
/// meanwhile.
public protocol MetricExporter: Sendable {
    /// Delivers a report, retries included.
    ///
    /// - Throws: Why the report is lost. The next one holds the same values and those since, unless it is of deltas.
    func export(_ metrics: [MetricData]) throws

    /// Delivers what the exporter still holds; nothing is exported after that.
    ///
    /// May be called while ``export(_:)`` still runs, when its time is up: it then makes that return soon.
    func shutdown()
}

extension MetricExporter {
    /// Nothing is held.
    public func shutdown() {}
}
