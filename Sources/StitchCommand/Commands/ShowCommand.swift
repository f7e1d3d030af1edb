// SPDX-License-Identifier: Apache-2.0

import Foundation
import TelemetryData
import TraceFlow
import TraceStore

/// `stitch show`.
enum ShowCommand: Command {
    static let description = CommandDescription(
        name: "show",
        summary: "show one flow as a waterfall, over all traces that it reaches",
        arguments: "FLOW",
        argumentCount: 1...1,
        text: """
            Shows the flow that a span belongs to: what its origin caused, over children and links, with the waits
            between. FLOW is a trace id, a trace and a span (TRACE/SPAN), or the beginning of one, of at least 4 digits.

            The attempts at one message share a row. Of a flow with very many spans some stand for those like them, and
            long times in which nothing ran are made short; both are said.
            """,
        options: SpanSource.options + [
            OptionDescription("critical-path", nil, "tell where the time went; what was beside that path is drawn low"),
            OptionDescription(
                "html",
                "FILE",
                "write a page to attach to a ticket, `-` for standard output",
                value: .file
            ),
            OptionDescription("json", nil, "print the flow as JSON, for programs"),
            OptionDescription(
                "rows",
                "N",
                "about how many rows there may be; \(WaterfallView.defaultRows) unless given"
            ),
        ],
        examples: [
            .init("stitch show 4bf92f35 --file shop.otlp.jsonl", "a flow of a file, by the beginning of its trace"),
            .init("stitch show 4bf92f3577b34da60000000000000001 --store spans --critical-path", "where the time went"),
            .init("stitch show 4bf92f35/0000000000000003 --store spans --json", "the flow of one span, for programs"),
            .init("stitch show 4bf92f35 --store spans --html flow.html", "a page for a ticket"),
        ]
    )

    static func run(_ arguments: ParsedArguments, _ console: Console) async throws -> Int32 {
        let rows = try arguments.number("rows", in: 10...1_000_000)
        let store = try await SpanSource.open(arguments, console)
        let horizon = try await SpanSource.horizon(of: store)
        let found = try await FlowLookup(store: store, horizon: horizon).flow(arguments.arguments[0])
        let flow = found.flow
        if let file = arguments["html"] {
            try write(FlowPage(flow, maximumRows: rows ?? FlowPage.defaultRows).text, to: file, console)
        }
        if arguments.has("json") {
            try console.write(JSONText.page(FlowDocument(flow, hasCriticalPath: arguments.has("critical-path"))))
        } else if !arguments.has("html") {
            let isCritical = arguments.has("critical-path")
            try show(flow, rows: rows ?? WaterfallView.defaultRows, isCritical: isCritical, console)
        }
        found.tellOthers(console)
        return 0
    }

    private static func show(_ flow: Flow, rows: Int, isCritical: Bool, _ console: Console) throws {
        let heading = FlowHeading(flow: flow)
        let width = console.terminal.width
        let title = "\(flow.origin.name) (\(flow.origin.resource.serviceName)): \(heading.summary)"
        let began = "began \(flow.origin.start.localText), flow \(flow.origin.reference)"
        for line in title.wrapped(to: width) { try console.write(console.paint(line, .bold) + "\n") }
        try console.write(console.paint(began.cut(to: width), .dim) + "\n\n")
        let view = WaterfallView(flow, terminal: console.terminal, maximumRows: rows, isCritical: isCritical)
        try console.write(view.text)
        for remark in heading.remarks {
            for line in remark.wrapped(to: width) { try console.write(console.paint(line, .warning) + "\n") }
        }
        if isCritical {
            try console.write("\n" + FlowTimeView(time: FlowTime(flow), terminal: console.terminal).text)
        }
    }

    private static func write(_ page: String, to file: String, _ console: Console) throws {
        guard file != "-" else { return try console.write(page) }
        do {
            try Data(page.utf8).write(to: URL(filePath: file))
        } catch {
            throw CommandError.failure("can't write the page to \(file): \(error.localizedDescription)")
        }
    }
}
