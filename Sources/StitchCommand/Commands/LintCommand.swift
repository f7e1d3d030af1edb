// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceFlow

/// `stitch lint`.
enum LintCommand: Command {
    static let description = CommandDescription(
        name: "lint",
        summary: "find what is wrong with spans: lost contexts, missing ends, noise",
        text: """
            Looks at spans and says what is wrong with them, why, and what to do. Its exit status is for CI: 0 if nothing
            is found, 1 if something is, 2 if the spans can't be read, or some of them can't and nothing is found in the
            others.
            """,
        options: SpanSource.options + FlowWindow.options + [
            OptionDescription(
                "severity",
                "LEVEL",
                "what counts: \(LintCode.Severity.allCases.map(\.rawValue).joined(separator: ", ")), or worse; all unless given",
                value: .words(LintCode.Severity.allCases.map(\.rawValue))
            ),
            OptionDescription(
                "explain",
                "CODE",
                "say what a code means, how it comes about and what to do; `all` for all codes",
                value: .words(LintCode.all.map(\.id) + ["all"])
            ),
            OptionDescription("json", nil, "print a line of JSON a finding, for programs"),
        ],
        examples: [
            .init("stitch lint --file shop.otlp.jsonl", "all spans of a file"),
            .init("stitch lint --store spans --since 1h --severity warning", "what matters of the last hour"),
            .init("stitch lint --explain retry-without-link", "what a code means"),
        ]
    )

    static let failureStatus = CommandError.unknownStatus

    /// How long what a poll handed over may wait for its worker, as long as consumers of Kafka do by themselves.
    private static let lateness = Duration.seconds(300)

    private struct Document: Encodable {
        var code: String
        var severity: String
        var description: String
        var count: Int
        var spans: [String]
        var explanation: String
        var remedy: String
    }

    static func run(_ arguments: ParsedArguments, _ console: Console) async throws -> Int32 {
        if let code = arguments["explain"] { return try explain(code, console) }
        let least = try severity(arguments)
        let request = try FlowRequest(arguments)
        let store = try await SpanSource.open(arguments, console)
        let window = try FlowWindow(arguments, store)
        let (spans, isWhole) = try await window.spans(from: request.from, to: request.to)
        var lint = FlowLint()
        lint.horizon = try await SpanSource.horizon(of: store)
        lint.horizon.delay = lateness
        let surroundings =
            isWhole && !request.isNarrow ? LintSurroundings() : try await window.surroundings(of: spans)
        let index = SpanIndex(spans)
        let flows = index.origins.lazy.map { index.flow(from: $0) }
        let critical = { (flow: Flow) in Set(CriticalPath(flow).segments.map(\.span)) }
        let report = lint.report(on: spans, flows: flows, critical: critical, surroundings: surroundings)
        let findings = report.findings.filter { $0.severity <= least }
        for finding in findings {
            try console.write(arguments.has("json") ? JSONText.line(document(finding)) : text(finding, console))
        }
        if !isWhole { console.tell("only the newest \(spans.count.grouped) spans were looked at; --limit takes more") }
        if !arguments.has("json") {
            let count =
                findings.isEmpty ? "nothing" : findings.count == 1 ? "one thing" : "\(findings.count.grouped) things"
            try console.write(console.paint("\(report.spans.grouped) spans: \(count) found\n", .bold))
        }
        guard findings.isEmpty else { return CommandError.foundStatus }
        guard try await SpanSource.isPartial(store) else { return 0 }
        throw CommandError.failure("nothing is known of what was left out because it can't be read")
    }

    private static func severity(_ arguments: ParsedArguments) throws(CommandError) -> LintCode.Severity {
        guard let text = arguments["severity"] else { return .note }
        guard let severity = LintCode.Severity(rawValue: text) else {
            let all = LintCode.Severity.allCases.map(\.rawValue).joined(separator: ", ")
            throw .usage("--severity is one of \(all), not '\(text)'")
        }
        return severity
    }

    private static func explain(_ id: String, _ console: Console) throws -> Int32 {
        let codes = id == "all" ? LintCode.all : LintCode.all.filter { $0.id == id }
        guard !codes.isEmpty else {
            let near = Suggestion.nearest(to: id, among: LintCode.all.map(\.id))
            let hint = near.map { "did you mean \($0)?" } ?? "`--explain all` shows those that there are"
            throw CommandError.usage("there is no code '\(id)'; \(hint)")
        }
        for (index, code) in codes.enumerated() {
            let parts = [code.meaning, code.cause, code.remedy]
            let lines = parts.flatMap { $0.wrapped(to: console.terminal.width - 2) }.map { "  \($0)\n" }.joined()
            let head = console.paint(code.id, .bold) + " (\(code.severity.rawValue))\n"
            try console.write((index > 0 ? "\n" : "") + head + lines)
        }
        return 0
    }

    private static func text(_ finding: LintFinding, _ console: Console) -> String {
        let style: Style = finding.severity == .error ? .failure : .warning
        let times = finding.count > 1 ? " × \(finding.count.grouped)" : ""
        let width = console.terminal.width - 2
        var lines = finding.description.wrapped(to: width)
        let spans = finding.spans.prefix(3).map(\.description).joined(separator: ", ")
        if finding.count > 1, !spans.isEmpty {
            lines += "such as \(spans)".wrapped(to: width).map { console.paint($0, .dim) }
        }
        lines += finding.remedy.wrapped(to: width - 2).enumerated().map { index, line in
            console.paint((index == 0 ? "→ " : "  ") + line, .dim)
        }
        return console.paint(finding.code.id, style) + times + "\n" + lines.map { "  \($0)\n" }.joined() + "\n"
    }

    private static func document(_ finding: LintFinding) -> Document {
        Document(
            code: finding.code.id,
            severity: finding.severity.rawValue,
            description: finding.description,
            count: finding.count,
            spans: finding.spans.map(\.description),
            explanation: finding.explanation,
            remedy: finding.remedy
        )
    }
}
