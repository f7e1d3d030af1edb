// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceFlow

/// Draws a flow as a waterfall of text: a row a span with its service, its place in the tree, its time on a common axis
/// with the waits before it, and how long it worked; below it, how long it had waited and what it links to.
struct WaterfallView {
    private let flow: Flow
    private let waterfall: Waterfall
    private let terminal: Terminal
    private let columns: WaterfallColumns
    private let axis: WaterfallAxis
    private let services: [String: Style]
    private let names: [SpanReference: String]

    init(_ flow: Flow, terminal: Terminal) {
        self.flow = flow
        self.terminal = terminal
        waterfall = Waterfall(flow)
        columns = WaterfallColumns(
            width: terminal.width,
            services: flow.services.map(\.count).max() ?? 0,
            labels: waterfall.rows.map { WaterfallLabel.text(of: $0).count }.max() ?? 0
        )
        axis = WaterfallAxis(waterfall, columns: columns.axis)
        services = Dictionary(
            uniqueKeysWithValues: flow.services.enumerated().map { ($0.element, .service($0.offset)) }
        )
        names = Dictionary(uniqueKeysWithValues: flow.spans.map { ($0.reference, WaterfallLabel.shortName(of: $0)) })
    }

    var text: String {
        var lines = [heading]
        for (index, row) in waterfall.rows.enumerated() {
            lines.append(line(of: row))
            let next = waterfall.rows.dropFirst(index + 1).first
            if let note = note(on: row, hasEffects: (next?.depth ?? 0) > row.depth) { lines.append(note) }
        }
        lines += ["", paint(WaterfallAxis.legend, .dim)]
        if flow.isTruncated { lines.append(paint("Only the first \(flow.spans.count) spans are shown.", .warning)) }
        return lines.joined(separator: "\n") + "\n"
    }

    private var heading: String {
        let text = "SERVICE".fitted(to: columns.service) + "SPAN".fitted(to: columns.label) + axis.scale
        return paint(text + "WORKED".rightAligned(in: WaterfallColumns.worked), .dim)
    }

    private func line(of row: Waterfall.Row) -> String {
        let service = services[row.span.resource.serviceName] ?? .plain
        let hasFailed = row.span.status.isError
        let branches = WaterfallLabel.branches(of: row)
        let label = WaterfallLabel.text(of: row).dropFirst(branches.count)
        let bar = axis.cells(of: row).map { cell in
            paint(String(cell.character), cell.isWait ? .dim : hasFailed ? .failure : service)
        }
        return paint(row.span.resource.serviceName.fitted(to: columns.service), service)
            + paint(branches, .dim)
            + paint(String(label).fitted(to: columns.label - branches.count), hasFailed ? .failure : .plain)
            + bar.joined()
            + row.span.duration.text.rightAligned(in: WaterfallColumns.worked)
    }

    /// The line below a row: how long the span had waited, what it links to, and why it failed.
    private func note(on row: Waterfall.Row, hasEffects: Bool) -> String? {
        let waits = row.waits.map { "\($0.duration.text) \($0.reason.text)" }
        var links = flow.links(of: row.span).map { name(of: $0, from: row.span) }
        if row.companions > 0 { links.append("\(row.companions) messages of other flows") }
        var parts: [String] = []
        if !waits.isEmpty { parts.append("waited " + waits.joined(separator: ", ")) }
        if !links.isEmpty { parts.append("⇠ " + links.joined(separator: " and ")) }
        if let error = row.span.status.message { parts.append("failed: \(error)") }
        guard !parts.isEmpty else { return nil }
        let indent =
            String(repeating: " ", count: columns.service)
            + WaterfallLabel.continuation(of: row, hasEffects: hasEffects)
        return lines(of: parts, indent: indent).map { paint($0, .dim) }.joined(separator: "\n")
    }

    /// The parts in as few lines as the terminal's width allows.
    private func lines(of parts: [String], indent: String) -> [String] {
        var lines: [String] = []
        for part in parts {
            if let last = lines.last, last.count + part.count + 3 <= terminal.width {
                lines[lines.count - 1] = last + " · " + part
            } else {
                lines.append(indent + part)
            }
        }
        return lines.map { $0.fitted(to: terminal.width).trimmedRight }
    }

    private func name(of link: SpanLink, from span: SpanData) -> String {
        let target = names[SpanReference(link.context)] ?? "span \(link.spanID)"
        return link.traceID == span.traceID ? target : "\(target) in trace \("\(link.traceID)".prefix(8))…"
    }

    private func paint(_ text: String, _ style: Style) -> String {
        style.apply(to: text, hasColor: terminal.hasColor)
    }
}

extension SpanStatus {
    var message: String? { if case .error(let message) = self { message } else { nil } }
}
