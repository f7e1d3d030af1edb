// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceFlow

/// What stands in the column of a waterfall that shows the tree.
enum WaterfallLabel {
    /// The lines that lead to a row, `│ ├ `, in so many columns at most: of a deep one the nearest levels and its depth.
    static func branches(of row: FlowPicture.Row, in columns: Int) -> String {
        guard let last = row.continues.last else { return "" }
        let above = levels(above: row, in: columns)
        return above.text + above.levels.map { $0 ? "│ " : "  " }.joined() + (last ? "├ " : "└ ")
    }

    /// The lines that pass a row's second line.
    static func continuation(of row: FlowPicture.Row, in columns: Int) -> String {
        let above = levels(above: row, in: columns)
        let own = row.continues.last.map { $0 ? "│ " : "  " } ?? ""
        return String(repeating: " ", count: above.text.count) + above.levels.map { $0 ? "│ " : "  " }.joined() + own
            + (row.hasEffects ? "│ " : "  ")
    }

    private static func levels(above row: FlowPicture.Row, in columns: Int) -> (text: String, levels: ArraySlice<Bool>)
    {
        let levels = row.continues.dropLast()
        guard row.depth * 2 > columns else { return ("", levels) }
        let text = "‹\(row.depth)› "
        return (text, levels.suffix(max(0, (columns - text.count) / 2 - 1)))
    }

    /// What other rows call the span.
    static func shortName(of span: SpanData) -> String {
        span.attempt.map { "attempt #\($0)" } ?? span.name
    }

    /// The name of a row's span, or of all attempts in it, and whether they failed.
    static func text(ofLane spans: [SpanData]) -> String {
        guard let first = spans.first else { return "" }
        let mark = spans.count == 1 && first.status.isError ? " ✗" : ""
        guard spans.count > 1 else { return name(of: first) + mark }
        let attempts = spans.map { "#\($0.attempt ?? 0)\($0.status.isError ? " ✗" : "")" }
        let most = 4
        guard attempts.count > most else { return "\(first.name) \(attempts.joined(separator: " "))" }
        return "\(first.name) \(attempts[0]) … \(attempts[attempts.count - 1])"
    }

    /// What a row says that stands for others.
    static func text(of fold: Waterfall.Fold, span: SpanData) -> String {
        let name = fold.isUniform ? "more \(span.name)" : "more spans"
        return "× \(fold.count.grouped) \(name)\(fold.failures > 0 ? " ✗" : "")"
    }

    /// The span's name, with what tells it apart from others of that name.
    static func name(of span: SpanData) -> String {
        if let attempt = span.attempt { return "\(span.name) #\(attempt)" }
        if let count = span.batchCount { return "\(span.name) ×\(count)" }
        if let reason = span.attributes[MessagingConventions.Attribute.settleReason] {
            return "\(span.name): \(reason)"
        }
        return span.name
    }
}
