// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceFlow

/// The time axis of a waterfall in a number of columns.
struct WaterfallAxis {
    /// One column of a row.
    struct Cell {
        var character: Character = " "
        var isWait = false
    }

    static let legend = "█ worked   ░ waited in a topic   · asked for later   ┄ backing off   ▒ ready, no worker free"

    private let start: Timestamp
    private let nanoseconds: Double
    private let columns: Int

    init(_ waterfall: Waterfall, columns: Int) {
        start = waterfall.start
        nanoseconds = max(1, waterfall.end.duration(since: waterfall.start) / .nanoseconds(1))
        self.columns = columns
    }

    /// A row's columns.
    ///
    /// Whatever was, however short, has one; work hides waits where they meet.
    func cells(of row: Waterfall.Row) -> [Cell] {
        var cells = [Cell](repeating: Cell(), count: columns)
        for wait in row.waits {
            for column in range(wait.start, wait.end) {
                cells[column] = Cell(character: wait.reason.character, isWait: true)
            }
        }
        for column in range(row.span.start, row.span.end) { cells[column] = Cell(character: "█") }
        return cells
    }

    /// The marks above the rows: the beginning and the end.
    var scale: String {
        let end = Duration.nanoseconds(Int64(nanoseconds)).text
        return "0" + String(repeating: " ", count: max(1, columns - 1 - end.count)) + end
    }

    private func range(_ from: Timestamp, _ to: Timestamp) -> Range<Int> {
        let first = min(max(position(from), 0), columns - 1)
        return first..<min(max(position(to), first + 1), columns)
    }

    private func position(_ time: Timestamp) -> Int {
        Int((time.duration(since: start) / .nanoseconds(1) / nanoseconds * Double(columns)).rounded(.down))
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
