// SPDX-License-Identifier: Apache-2.0

import TelemetryData

extension Waterfall {
    /// The times in which no span worked that are longer than a share of the whole.
    static func gaps(of flow: Flow, from start: Timestamp, to end: Timestamp, share: Double?) -> [Gap] {
        guard let share, start < end else { return [] }
        let least = Double(end.nanoseconds - start.nanoseconds) * share
        var gaps: [Gap] = []
        var worked = start
        for span in flow.spans.map({ (start: $0.start, end: $0.end) }).sorted(by: { $0.start < $1.start }) {
            if span.start > worked, Double(span.start.nanoseconds - worked.nanoseconds) > least {
                gaps.append(Gap(start: worked, end: span.start))
            }
            worked = max(worked, span.start, span.end)
        }
        return gaps
    }
}
