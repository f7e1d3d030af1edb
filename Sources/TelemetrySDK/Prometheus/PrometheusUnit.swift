// SPDX-License-Identifier: Apache-2.0

/// A unit as Prometheus names it (OpenTelemetry's compatibility with Prometheus and OpenMetrics, metric metadata).
enum PrometheusUnit {
    private static let words = [
        "d": "days", "h": "hours", "min": "minutes", "s": "seconds", "ms": "milliseconds", "us": "microseconds",
        "ns": "nanoseconds", "By": "bytes", "KiBy": "kibibytes", "MiBy": "mebibytes", "GiBy": "gibibytes",
        "TiBy": "tebibytes", "kBy": "kilobytes", "KBy": "kilobytes", "MBy": "megabytes", "GBy": "gigabytes",
        "TBy": "terabytes", "m": "meters", "V": "volts", "A": "amperes", "J": "joules", "W": "watts", "g": "grams",
        "Cel": "celsius", "Hz": "hertz", "%": "percent",
    ]

    /// Of a rate, what it is per.
    private static let singular = [
        "d": "day", "h": "hour", "min": "minute", "s": "second", "m": "meter", "wk": "week", "mo": "month", "y": "year",
    ]

    /// The word for a unit that UCUM writes so.
    ///
    /// - Parameters:
    ///   - unit: The unit; what is in braces is left out.
    ///   - isGauge: Whether the metric goes up and down: a share of one is then a ratio.
    /// - Returns: The word; nothing where nothing is left to say.
    static func word(for unit: String, isGauge: Bool) -> String {
        let unit = withoutAnnotations(unit)
        if unit == "1" { return isGauge ? "ratio" : "" }
        let parts = unit.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, !parts[1].isEmpty else { return PrometheusName.label(words[unit] ?? unit, prefix: "") }
        let above = parts[0].isEmpty || parts[0] == "1" ? "" : words[parts[0]] ?? parts[0]
        let below = singular[parts[1]] ?? words[parts[1]] ?? parts[1]
        return PrometheusName.label(above.isEmpty ? "per_\(below)" : "\(above)_per_\(below)", prefix: "")
    }

    private static func withoutAnnotations(_ unit: String) -> String {
        var depth = 0
        return String(
            unit.filter { character in
                switch character {
                case "{": depth += 1
                case "}": depth = max(0, depth - 1)
                default: return depth == 0 && character != " "
                }
                return false
            }
        )
    }
}
