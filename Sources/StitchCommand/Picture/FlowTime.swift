// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceFlow

/// Where the time of a flow went on its critical path, as lines of a table.
struct FlowTime {
    /// What one hop took in one way.
    struct Line: Hashable {
        let service: String
        let name: String
        let what: String
        let duration: Duration
        /// Its part of the whole, from 0 to 1.
        let share: Double
    }

    let total: Duration
    let lines: [Line]
    /// How much of the whole was waiting, from 0 to 1.
    let waitingShare: Double

    /// More lines are added up in one.
    private static let mostLines = 40

    init(_ flow: Flow) {
        let breakdown = FlowBreakdown(flow)
        let total = breakdown.total
        self.total = total
        func share(_ duration: Duration) -> Double { total > .zero ? duration / total : 0 }
        var lines: [Line] = []
        var waiting = Duration.zero
        for hop in breakdown.hops {
            for reason in FlowWait.Reason.allCases {
                guard let duration = hop.waiting[reason], duration > .zero else { continue }
                waiting += duration
                lines.append(Self.line(hop, "waited \(reason.text)", duration, share))
            }
            let parts = [
                ("worked", hop.working), ("worked, to be retried", hop.retrying), ("of this nobody knows", hop.other),
            ]
            for (what, duration) in parts where duration > .zero { lines.append(Self.line(hop, what, duration, share)) }
        }
        if lines.count > Self.mostLines {
            let small = Set(lines.sorted { $0.duration > $1.duration }.dropFirst(Self.mostLines))
            let rest = small.reduce(Duration.zero) { $0 + $1.duration }
            lines.removeAll { small.contains($0) }
            lines.append(
                Line(service: "", name: "\(small.count.grouped) more", what: "", duration: rest, share: share(rest))
            )
        }
        self.lines = lines
        waitingShare = share(waiting)
    }

    private static func line(
        _ hop: FlowBreakdown.Hop,
        _ what: String,
        _ duration: Duration,
        _ share: (Duration) -> Double
    ) -> Line {
        Line(service: hop.service, name: hop.name, what: what, duration: duration, share: share(duration))
    }

    var heading: String { "Critical path: \(total.text), \(waitingShare.percentText) of it waiting" }
}
