// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceFlow

/// What is different between two flows, to be printed.
struct FlowDifference {
    private let comparison: FlowComparison
    private let first: Flow
    private let second: Flow

    init(_ comparison: FlowComparison, _ first: Flow, _ second: Flow) {
        self.comparison = comparison
        self.first = first
        self.second = second
    }

    /// More hops are only counted.
    private static let mostHops = 50

    func text(_ console: Console) -> String {
        let lengths = [first, second].map { $0.end.duration(since: $0.origin.start).text }
        var text = console.paint("\(lengths[0]) → \(lengths[1]), \(comparison.duration.signedText)", .bold) + "\n\n"
        let changes = comparison.changes.filter { $0.ownTime != .zero || $0.wait != .zero || $0.fails != nil }
        if changes.isEmpty {
            text += "No hop took or waited longer in either.\n"
        } else {
            text += table(changes).text(console)
        }
        if changes.count > Self.mostHops { text += "and \((changes.count - Self.mostHops).grouped) more\n" }
        text += extras("Only in the first", comparison.onlyInFirst, console)
        return text + extras("Only in the second", comparison.onlyInSecond, console)
    }

    private func table(_ changes: [FlowComparison.Change]) -> TextTable {
        TextTable(
            columns: [
                .init("HOP"), .init("SERVICE"), .init("OWN TIME", isNumber: true), .init("WAIT", isNumber: true),
                .init("TOOK", isNumber: true), .init("", longest: 12),
            ],
            rows: changes.prefix(Self.mostHops).map { change in
                [
                    change.path.last?.name ?? "", change.path.last?.service ?? "", change.ownTime.signedText,
                    change.wait.signedText, change.duration.signedText,
                    change.fails.map { $0 ? "✗ fails now" : "fails no more" } ?? "",
                ]
            }
        )
    }

    private func extras(_ title: String, _ extras: [FlowComparison.Extra], _ console: Console) -> String {
        guard !extras.isEmpty else { return "" }
        var text = "\n" + console.paint(title, .bold) + "\n"
        for extra in extras.prefix(Self.mostHops) {
            text += "  \(extra.path.description)".cut(to: console.terminal.width) + "\n"
        }
        if extras.count > Self.mostHops { text += "  and \((extras.count - Self.mostHops).grouped) more\n" }
        return text
    }

    struct Document: Encodable {
        struct Extra: Encodable {
            var path: [String]
            var span: String
        }

        struct Change: Encodable {
            var path: [String]
            var first: String
            var second: String
            var ownSeconds: Double
            var waitSeconds: Double
            var seconds: Double
            var fails: Bool?
        }

        var seconds: Double
        var changes: [Change]
        var onlyInFirst: [Extra]
        var onlyInSecond: [Extra]
    }

    var document: Document {
        Document(
            seconds: comparison.duration / .seconds(1),
            changes: comparison.changes.map { change in
                Document.Change(
                    path: change.path.hops.map(\.description),
                    first: change.first.description,
                    second: change.second.description,
                    ownSeconds: change.ownTime / .seconds(1),
                    waitSeconds: change.wait / .seconds(1),
                    seconds: change.duration / .seconds(1),
                    fails: change.fails
                )
            },
            onlyInFirst: comparison.onlyInFirst.map { Document.Extra($0) },
            onlyInSecond: comparison.onlyInSecond.map { Document.Extra($0) }
        )
    }
}

extension FlowDifference.Document.Extra {
    fileprivate init(_ extra: FlowComparison.Extra) {
        self.init(path: extra.path.hops.map(\.description), span: extra.span.description)
    }
}

extension Duration {
    /// The duration with its sign: `+1.20 s`, `-3.00 ms`, `=`.
    var signedText: String { self == .zero ? "=" : self > .zero ? "+" + text : text }
}
