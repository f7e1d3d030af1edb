// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceFlow

/// Draws a flow as a waterfall of text: a row a span with its service, its place in the tree, its time on a common axis
/// with the waits before it, and how long it worked; below it, how long it had waited and what it links to.
struct WaterfallView {
    private let picture: FlowPicture
    private let terminal: Terminal
    private let columns: WaterfallColumns
    private let axis: WaterfallAxis
    private let services: [String: Style]
    private let isCritical: Bool

    /// How many rows a flow has on a terminal, unless all are asked for.
    static let defaultRows = 300
    /// A longer note is cut.
    private static let mostLinesOfNote = 3

    init(_ flow: Flow, terminal: Terminal, maximumRows: Int = defaultRows, isCritical: Bool = false) {
        self.isCritical = isCritical
        self.terminal = terminal
        picture = FlowPicture(flow, maximumRows: maximumRows)
        columns = WaterfallColumns(
            width: terminal.width,
            services: picture.rows.map(\.service.columnCount).max() ?? 0,
            labels: picture.rows.map { min($0.depth * 2, terminal.width) + $0.label.columnCount }.max() ?? 0
        )
        axis = WaterfallAxis(picture.scale, columns: columns.axis)
        services = Dictionary(
            flow.services.enumerated().map { ($0.element, .service($0.offset)) },
            uniquingKeysWith: { first, _ in first }
        )
    }

    var text: String {
        var lines = [heading]
        for row in picture.rows {
            lines.append(line(of: row))
            lines += notes(on: row)
        }
        lines += [""] + legend.map { paint($0, .dim) }
        if let gaps = picture.scale.gapsText { lines.append(paint(gaps.cut(to: terminal.width), .dim)) }
        if picture.foldedCount > 0 {
            let text =
                "\(picture.foldedCount.grouped) of \(picture.flow.spans.count.grouped) spans have no row of their own."
            lines.append(paint(text, .warning))
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private var legend: [String] {
        var reasons: Set<FlowWait.Reason> = []
        for row in picture.rows {
            for case .wait(let reason) in row.bars.map(\.kind) { reasons.insert(reason) }
        }
        var lines = [""]
        for mark in WaterfallAxis.legend(reasons, isCritical: isCritical) {
            let joined = lines[lines.count - 1] + (lines.last == "" ? "" : "   ") + mark
            if joined.columnCount <= terminal.width { lines[lines.count - 1] = joined } else { lines.append(mark) }
        }
        return lines
    }

    private var heading: String {
        let text = "SERVICE".fitted(to: columns.service) + "SPAN".fitted(to: columns.label) + axis.heading
        return paint(text + "WORKED".rightAligned(in: WaterfallColumns.worked), .dim)
    }

    private func line(of row: FlowPicture.Row) -> String {
        let service = services[row.service] ?? .plain
        let branches = WaterfallLabel.branches(of: row, in: columns.branches)
        let label = row.label.fitted(to: columns.label - branches.count)
        return paint(row.service.fitted(to: columns.service), service)
            + paint(branches, .dim)
            + paint(label, row.hasFailed ? .failure : .plain)
            + bar(of: row, service)
            + (row.worked?.text ?? "").rightAligned(in: WaterfallColumns.worked)
    }

    /// The row's columns, those of one look painted at once.
    private func bar(of row: FlowPicture.Row, _ service: Style) -> String {
        var text = ""
        var run = ""
        var kind = WaterfallAxis.Cell.Kind.empty
        func style() -> Style {
            switch kind {
            case .empty: .plain
            case .gap, .wait: .dim
            case .work(let hasFailed), .aside(let hasFailed): hasFailed ? .failure : service
            }
        }
        for cell in axis.cells(of: row, isCritical: isCritical) {
            if cell.kind != kind {
                text += paint(run, style())
                run = ""
                kind = cell.kind
            }
            run.append(cell.character)
        }
        return text + paint(run, style())
    }

    /// The lines below a row, as few as the terminal's width allows.
    private func notes(on row: FlowPicture.Row) -> [String] {
        guard !row.notes.isEmpty else { return [] }
        let indent =
            String(repeating: " ", count: columns.service) + WaterfallLabel.continuation(of: row, in: columns.branches)
        var lines: [String] = []
        for note in row.notes {
            let note = note.printable
            if let last = lines.last, last.columnCount + note.columnCount + 3 <= terminal.width {
                lines[lines.count - 1] = last + " · " + note
            } else {
                let room = max(20, terminal.width - indent.columnCount)
                lines += note.wrapped(to: room).prefix(Self.mostLinesOfNote).map { indent + $0 }
            }
        }
        return lines.map { paint($0.cut(to: terminal.width), .dim) }
    }

    private func paint(_ text: String, _ style: Style) -> String {
        style.apply(to: text, hasColor: terminal.hasColor)
    }
}
