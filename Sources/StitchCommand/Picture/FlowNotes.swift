// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceContext
import TraceFlow

/// What is told below a row: how long its span had waited, what it links to, and why it failed.
struct FlowNotes {
    let flow: Flow
    /// What rows call spans.
    let names: [SpanReference: String]

    /// More links of one span are only counted.
    private static let mostLinks = 5

    func notes(on row: Waterfall.Row) -> [String] {
        var notes: [String] = []
        if let waits = waits(of: row) { notes.append(waits) }
        let links = links(of: row)
        if !links.isEmpty { notes.append("⇠ " + links.joined(separator: " and ")) }
        if let error = row.span.status.message { notes.append(failure(error)) }
        return notes
    }

    /// What is told below a lane: of each attempt, with its number, what is different.
    func notes(onLane rows: [Waterfall.Row]) -> [String] {
        var notes: [String] = []
        for row in rows {
            var parts: [String] = []
            if let waits = waits(of: row) { parts.append(waits) }
            if let error = row.span.status.message { parts.append(failure(error)) }
            if !parts.isEmpty { notes.append("#\(row.span.attempt ?? 0) " + parts.joined(separator: ", ")) }
        }
        let own = Set(rows.map(\.span.reference))
        if let first = rows.first {
            let links = links(of: first, except: own)
            if !links.isEmpty { notes.append("⇠ " + links.joined(separator: " and ")) }
        }
        return notes
    }

    private func waits(of row: Waterfall.Row) -> String? {
        let waits = flow.waits(of: row.span)
        guard !waits.isEmpty else { return nil }
        return "waited " + waits.map { "\($0.duration.text) \($0.reason.text)" }.joined(separator: ", ")
    }

    private func failure(_ message: String) -> String { message.isEmpty ? "failed" : "failed: \(message)" }

    private func links(of row: Waterfall.Row, except own: Set<SpanReference> = []) -> [String] {
        let inFlow = flow.links(of: row.span).filter { !own.contains(SpanReference($0.context)) }
        var links = inFlow.prefix(Self.mostLinks).map { name(of: $0, from: row.span) }
        if inFlow.count > Self.mostLinks { links.append("\((inFlow.count - Self.mostLinks).grouped) more") }
        if row.companions > 0 {
            links.append("\(row.companions.grouped) message\(row.companions == 1 ? "" : "s") of other flows")
        }
        return links
    }

    private func name(of link: SpanLink, from span: SpanData) -> String {
        let target = names[SpanReference(link.context)] ?? "span \(link.spanID)"
        return link.traceID == span.traceID ? target : "\(target) in trace \("\(link.traceID)".prefix(8))…"
    }
}

extension SpanStatus {
    var message: String? { if case .error(let message) = self { message } else { nil } }
}
