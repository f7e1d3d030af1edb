// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceFlow

/// The time axis of a waterfall in a number of columns.
struct WaterfallAxis {
    /// One column of a row.
    struct Cell: Hashable {
        enum Kind: Hashable {
            case empty
            case gap
            case wait
            case work(hasFailed: Bool)
            case aside(hasFailed: Bool)
        }

        var character: Character = " "
        var kind = Kind.empty
    }

    /// What the marks mean, of those waits that there are.
    static func legend(_ reasons: Set<FlowWait.Reason>, isCritical: Bool) -> [String] {
        let work = isCritical ? ["█ on the critical path", "▂ beside it"] : ["█ worked"]
        let waits = FlowWait.Reason.allCases.filter { reasons.contains($0) }.map { "\($0.character) \($0.legend)" }
        return work + waits
    }

    private let scale: TimeScale
    private let columns: Int

    init(_ scale: TimeScale, columns: Int) {
        self.scale = scale
        self.columns = max(1, columns)
    }

    /// A row's columns.
    ///
    /// Whatever was, however short, has one; work hides waits where they meet.
    /// With a critical path, work beside it is low.
    func cells(of row: FlowPicture.Row, isCritical: Bool = false) -> [Cell] {
        let bars = row.bars
        var cells = [Cell](repeating: Cell(), count: columns)
        for gap in scale.gaps {
            for column in range(gap.start, gap.end) { cells[column] = Cell(character: "⫽", kind: .gap) }
        }
        for bar in bars {
            guard case .wait(let reason) = bar.kind else { continue }
            for column in range(bar.start, bar.end) { cells[column] = Cell(character: reason.character, kind: .wait) }
        }
        for bar in bars {
            guard case .work(let hasFailed) = bar.kind else { continue }
            for column in range(bar.start, bar.end) {
                // A failure is seen, however near the next attempt is.
                if case .work(hasFailed: true) = cells[column].kind { continue }
                cells[column] = Cell(character: "█", kind: .work(hasFailed: hasFailed))
            }
        }
        guard isCritical else { return cells }
        var critical: Set<Int> = []
        for (start, end) in row.critical { critical.formUnion(range(start, end)) }
        for column in cells.indices where !critical.contains(column) {
            if case .work(let hasFailed) = cells[column].kind {
                cells[column] = Cell(character: "▂", kind: .aside(hasFailed: hasFailed))
            }
        }
        return cells
    }

    /// The marks above the rows: the beginning and the end, and what is left out between.
    var heading: String {
        let end = scale.end.duration(since: scale.start).text
        var marks = Array("0" + String(repeating: " ", count: max(1, columns - 1 - end.count)) + end)
        for gap in scale.gaps {
            for column in range(gap.start, gap.end) where marks.indices.contains(column) && marks[column] == " " {
                marks[column] = "⫽"
            }
        }
        return String(marks)
    }

    private func range(_ from: Timestamp, _ to: Timestamp) -> Range<Int> {
        let first = min(max(position(from), 0), columns - 1)
        return first..<min(max(position(to), first + 1), columns)
    }

    private func position(_ time: Timestamp) -> Int {
        Int((scale.position(time) * Double(columns)).rounded(.down))
    }
}

extension FlowWait.Reason {
    var character: Character {
        switch self {
        case .topic: "░"
        case .scheduled: "·"
        case .backoff: "┄"
        case .ready: "▒"
        case .outbox: "▫"
        }
    }

    /// What the legend says.
    var legend: String {
        switch self {
        case .topic: "waited in a topic"
        case .scheduled: "asked for later"
        case .backoff: "backing off"
        case .ready: "ready, no worker free"
        case .outbox: "waited in an outbox"
        }
    }

    var text: String {
        switch self {
        case .topic: "in its topic"
        case .scheduled: "as asked for"
        case .backoff: "backing off"
        case .ready: "for a worker"
        case .outbox: "in an outbox"
        }
    }
}
