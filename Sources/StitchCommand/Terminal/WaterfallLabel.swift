// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceFlow

/// What stands in the column of a waterfall that shows the tree.
enum WaterfallLabel {
    /// The lines that lead to a row: `│ ├ `.
    static func branches(of row: Waterfall.Row) -> String {
        guard let last = row.continues.last else { return "" }
        return row.continues.dropLast().map { $0 ? "│ " : "  " }.joined() + (last ? "├ " : "└ ")
    }

    /// The lines that pass a row's second line.
    static func continuation(of row: Waterfall.Row, hasEffects: Bool) -> String {
        row.continues.map { $0 ? "│ " : "  " }.joined() + (hasEffects ? "│ " : "  ")
    }

    static func text(of row: Waterfall.Row) -> String {
        branches(of: row) + name(of: row.span) + (row.span.status.isError ? " ✗" : "")
    }

    /// What other rows call the span.
    static func shortName(of span: SpanData) -> String {
        span.attempt.map { "attempt #\($0)" } ?? span.name
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
