// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceFlow

/// Flows as lines of a table, as wide as the terminal allows.
struct FlowTable {
    private let console: Console
    private let columns: [Column]

    private struct Column {
        let title: String
        var width: Int
        var isNumber = false
        let text: (FlowSummary) -> String
        var style: (FlowSummary) -> Style = { _ in .plain }
    }

    init(_ console: Console) {
        self.console = console
        let width = console.terminal.width
        let isNarrow = width < 76
        var columns = [
            Column(
                title: "START",
                width: isNarrow ? 8 : width < 120 ? 14 : 23,
                text: { Self.start($0, width: width) },
                style: { _ in .dim }
            ),
            Column(title: "FLOW", width: width < 150 ? 8 : 32, text: { Self.id($0, isShort: width < 150) }),
        ]
        if width >= 90 { columns.append(Column(title: "SERVICE", width: width < 130 ? 14 : 20, text: { $0.service })) }
        let name = columns.count
        columns.append(
            Column(title: "ORIGIN", width: 0, text: { $0.name }, style: { $0.errors > 0 ? .failure : .plain })
        )
        columns += [
            Column(title: "ERR", width: 3, isNumber: true, text: Self.errors, style: { _ in .failure }),
            Column(title: "TOOK", width: 10, isNumber: true, text: { $0.duration.text }),
            Column(title: "WAITED", width: 10, isNumber: true, text: { $0.wait > .zero ? $0.wait.text : "–" }),
        ]
        if !isNarrow {
            columns.append(
                Column(title: "SPANS", width: 6, isNumber: true, text: { "\($0.spans)\($0.isTruncated ? "+" : "")" })
            )
        }
        if width >= 110 { columns.append(Column(title: "TRACES", width: 6, isNumber: true, text: { "\($0.traces)" })) }
        if width >= 180 {
            columns.append(Column(title: "SERVICES", width: 40, text: { $0.services.joined(separator: ", ") }))
        } else if width >= 130 {
            columns.append(Column(title: "SERVICES", width: 8, isNumber: true, text: { "\($0.services.count)" }))
        }
        columns[name].width = max(11, width - columns.reduce(0) { $0 + $1.width } - 2 * (columns.count - 1))
        self.columns = columns
    }

    var heading: String {
        console.paint(line { $0.isNumber ? $0.title.rightAligned(in: $0.width) : $0.title.fitted(to: $0.width) }, .dim)
    }

    func line(of flow: FlowSummary) -> String {
        line { column in
            let text = column.text(flow)
            let cell = column.isNumber ? text.rightAligned(in: column.width) : text.fitted(to: column.width)
            return console.paint(cell, column.style(flow))
        }
    }

    private func line(_ cell: (Column) -> String) -> String {
        columns.map(cell).joined(separator: "  ").trimmedRight + "\n"
    }

    private static func start(_ flow: FlowSummary, width: Int) -> String {
        let text = flow.start.localText
        return switch width {
        case ..<76: String(text.dropFirst(11).prefix(8))
        case ..<120: String(text.dropFirst(5).prefix(14))
        default: text
        }
    }

    private static func id(_ flow: FlowSummary, isShort: Bool) -> String {
        let id = flow.origin.traceID.description
        return isShort ? String(id.prefix(8)) : id
    }

    private static func errors(_ flow: FlowSummary) -> String {
        flow.errors == 0 ? "" : flow.errors < 100 ? "✗\(flow.errors)" : "✗…"
    }
}
