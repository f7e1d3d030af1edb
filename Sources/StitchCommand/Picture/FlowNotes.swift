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
    /// Of more attempts the last are told of.
    private static let mostAttempts = 5

    func notes(on row: Waterfall.Row) -> [String] {
        var notes: [String] = []
        if let waits = waits(of: row.span) { notes.append(waits) }
        let links = links(of: row.span, companions: row.companions)
        if !links.isEmpty { notes.append("⇠ " + links.joined(separator: " and ")) }
        if let error = row.span.status.message { notes.append(failure(error)) }
        return notes
    }

    /// What is told below a lane: of each attempt, with its number, what is different.
    func notes(onLane row: Waterfall.Row) -> [String] {
        let told = row.attempts.count > Self.mostAttempts ? row.attempts.suffix(Self.mostAttempts) : row.attempts[...]
        var notes: [String] = []
        for attempt in told {
            let parts = [waits(of: attempt), attempt.status.message.map { failure($0) }].compactMap { $0 }
            if !parts.isEmpty { notes.append("#\(attempt.attempt ?? 0) " + parts.joined(separator: ", ")) }
        }
        let own = Set(row.attempts.map(\.reference))
        let links = links(of: row.span, companions: row.companions, except: own)
        if !links.isEmpty { notes.append("⇠ " + links.joined(separator: " and ")) }
        return notes
    }

    /// What is told below a row that stands for others.
    func notes(on fold: Waterfall.Fold) -> [String] {
        var notes: [String] = []
        if fold.spans > fold.count { notes.append("\(fold.spans.grouped) spans with those below") }
        if fold.failures > 0 { notes.append("\(fold.failures.grouped) failed") }
        return notes
    }

    private func waits(of span: SpanData) -> String? {
        let waits = flow.waits(of: span)
        guard !waits.isEmpty else { return nil }
        return "waited " + waits.map { "\($0.duration.text) \($0.reason.text)" }.joined(separator: ", ")
    }

    private func failure(_ message: String) -> String { message.isEmpty ? "failed" : "failed: \(message)" }

    private func links(
        of span: SpanData,
        companions: Int,
        except own: Set<SpanReference> = []
    ) -> [String] {
        let inFlow = flow.links(of: span).filter { !own.contains(SpanReference($0.context)) }
        var links = inFlow.prefix(Self.mostLinks).map { name(of: $0, from: span) }
        if inFlow.count > Self.mostLinks { links.append("\((inFlow.count - Self.mostLinks).grouped) more") }
        if companions > 0 {
            links.append("\(companions.grouped) message\(companions == 1 ? "" : "s") of other flows")
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
