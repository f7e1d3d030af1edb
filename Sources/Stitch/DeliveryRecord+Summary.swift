// SPDX-License-Identifier: Apache-2.0

extension DeliveryRecord {
    /// What is told when a process ends: what is missing, where it should have gone, and how to change that.
    ///
    /// - Parameter missing: What was not delivered, by place.
    /// - Returns: Lines; one for all that nobody took, since there is one cause, and one for each other.
    static func summary(_ missing: [Missing]) -> [String] {
        let unreachable = missing.filter(\.isUnreachable)
        var lines = missing.filter { !$0.isUnreachable }.map { line([$0]) }
        if !unreachable.isEmpty {
            let switches = unreachable.map { $0.subject == .spans ? "OTEL_TRACES_EXPORTER" : "OTEL_METRICS_EXPORTER" }
            let off = switches.map { "\($0)=none" }.joined(separator: " and ")
            lines.append(
                line(unreachable) + "; name a receiver with OTEL_EXPORTER_OTLP_ENDPOINT, or send none with \(off)"
            )
        }
        return lines
    }

    private static func line(_ missing: [Missing]) -> String {
        let subjects = missing.map { missing in
            switch (missing.subject, missing.count) {
            case (.metrics, _): "the last metrics"
            case (.spans, 1): "1 span"
            case (.spans, let count): "\(count) spans"
            }
        }
        return "\(subjects.joined(separator: " and ")) could not be delivered: \(missing.first?.reason ?? "")"
    }
}
