// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceContext
import TraceFlow
import TraceStore

/// `stitch flows`.
enum FlowsCommand: Command {
    private static let defaultLimit = 50
    private static let largestLimit = 100_000

    static let description = CommandDescription(
        name: "flows",
        summary: "list flows, the newest first, those that a filter lets through",
        arguments: "[FILTER]",
        argumentCount: 0...100,
        text: """
            Lists flows: what one origin caused, over all traces that links join. A filter is a condition that some span
            of the flow meets:

              service=billing  name="send orders"  name~orders  kind=consumer   of text; ~ is: contains
              duration>1s  wait>=500ms                                          of a span, of the wait before it
              error                                                             a span that failed
              shop.order_id=7  http.response.status_code>=500  KEY=*            attributes of a span or its resource

            Conditions side by side are all for one span; `or`, `not` and brackets work too. `A -> B` lets flows through
            in which a span that meets A leads, over children and links, to one that meets B; `B <- A` is the same.
            """,
        options: SpanSource.options + [
            OptionDescription("service", "NAME", "flows with a span of this service"),
            OptionDescription("name", "NAME", "flows with a span of this name"),
            OptionDescription(
                "attribute",
                "KEY=VALUE",
                "flows with a span that has this attribute; may be given several times"
            ),
            OptionDescription("error", nil, "flows with a span that failed"),
            OptionDescription("min-duration", "TIME", "flows with a span that took so long: 500ms, 1.5s, 10m"),
            OptionDescription("max-duration", "TIME", "flows with a span that took no longer"),
            OptionDescription("min-wait", "TIME", "flows with a span that had waited so long"),
            OptionDescription("since", "TIME", "spans that started no longer ago: 15m, 2h, 3d"),
            OptionDescription("from", "WHEN", "spans that started then or later, in RFC 3339: 2026-11-28T14:30:00Z"),
            OptionDescription("to", "WHEN", "spans that started before"),
            OptionDescription("limit", "N", "how many flows; \(defaultLimit) unless given"),
            OptionDescription("after", "PLACE", "go on where a list ended, as its last line says"),
            OptionDescription("follow", nil, "go on with flows as they come, and again as they grow"),
            OptionDescription("json", nil, "print a line of JSON a flow, for programs"),
        ],
        examples: [
            .init("stitch flows --file shop.otlp.jsonl", "the newest flows of a file"),
            .init("stitch flows --store spans --since 1h error", "what failed in the last hour"),
            .init(
                "stitch flows --store spans 'service=storefront -> service=notifier wait > 1s'",
                "what storefront began and notifier had to wait for"
            ),
            .init(
                "stitch flows --store spans --service billing --min-duration 500ms --json",
                "slow spans of one service, for programs"
            ),
        ]
    )

    static func run(_ arguments: ParsedArguments, _ console: Console) async throws -> Int32 {
        let request = try FlowRequest(arguments)
        let limit = try arguments.number("limit", in: 1...largestLimit) ?? defaultLimit
        let after = try arguments["after"].map { try FlowCursor(token: $0) }
        if arguments.has("follow"), arguments.has("file") {
            throw CommandError.usage("--follow needs --store; a file is read once")
        }
        let store = try await SpanSource.open(arguments, console)
        let printer = FlowPrinter(console, isJSON: arguments.has("json"))
        var seen = FlowFollower.Seen()
        var listing = FlowListing(store, filter: request.filter, from: request.from, to: request.to, after: after)
        var count = 0
        var last: FlowCursor?
        var hasMore = false
        try await listing.forEach { found in
            guard count < limit else {
                hasMore = true
                return false
            }
            if count == 0 { try printer.begin() }
            try printer.print(found.flow)
            seen.insert(found.flow)
            count += 1
            last = found.cursor
            return true
        }
        listing.tellLeftOut(console)
        if arguments.has("follow") {
            if count == 0 { try printer.begin() }
            try await FlowFollower(store: store, request: request, seen: seen).run { try printer.print($0) }
            return 0
        }
        if hasMore, let last { console.error("more: --after \(last.token)\n") }
        if count == 0, !arguments.has("json") { console.tell("there is no such flow") }
        return 0
    }
}

/// Prints flows, a line each.
private struct FlowPrinter {
    let console: Console
    let isJSON: Bool
    let table: FlowTable

    init(_ console: Console, isJSON: Bool) {
        self.console = console
        self.isJSON = isJSON
        table = FlowTable(console)
    }

    func begin() throws {
        if !isJSON { try console.write(table.heading) }
    }

    func print(_ flow: Flow) throws {
        let summary = FlowSummary(flow)
        try console.write(isJSON ? JSONText.line(FlowSummary.Document(summary)) : table.line(of: summary))
    }
}

/// What flows are asked for by a command's options.
struct FlowRequest {
    var filter = FlowFilter()
    var from: Timestamp?
    var to: Timestamp?

    /// Whether it leaves anything out.
    var isNarrow: Bool { !filter.steps.isEmpty || from != nil || to != nil }

    init(_ arguments: ParsedArguments, now: Timestamp = .now) throws(CommandError) {
        var conditions: [SpanCondition] = []
        if let service = arguments["service"] { conditions.append(.text(.service, .equal, service)) }
        if let name = arguments["name"] { conditions.append(.text(.name, .equal, name)) }
        for attribute in arguments.all("attribute") {
            guard let sign = attribute.firstIndex(of: "="), sign > attribute.startIndex else {
                throw .usage("--attribute is KEY=VALUE, not '\(attribute)'")
            }
            let value = String(attribute[attribute.index(after: sign)...])
            conditions.append(.text(.attribute(String(attribute[..<sign])), .equal, value))
        }
        if arguments.has("error") { conditions.append(.error) }
        if let time = try arguments.duration("min-duration") {
            conditions.append(.time(.duration, .greaterOrEqual, time))
        }
        if let time = try arguments.duration("max-duration") {
            conditions.append(.time(.duration, .lessOrEqual, time))
        }
        if let time = try arguments.duration("min-wait") {
            conditions.append(.time(.wait, .greaterOrEqual, time))
        }
        filter = try FilterParser.parse(arguments.arguments.joined(separator: " ")).adding(conditions)
        from = try arguments.time("from")
        to = try arguments.time("to")
        if let since = try arguments.duration("since") {
            guard from == nil else { throw .usage("give --since or --from, not both") }
            from = now.advanced(by: .zero - since)
        }
        if let from, let to, from >= to { throw .usage("--from is not before --to, so there is nothing between them") }
    }
}
