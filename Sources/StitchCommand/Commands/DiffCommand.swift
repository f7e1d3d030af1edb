// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceFlow
import TraceStore

/// `stitch diff`.
enum DiffCommand: Command {
    static let description = CommandDescription(
        name: "diff",
        summary: "compare two flows, one with the usual of its kind, or two times",
        arguments: "[FLOW [FLOW]]",
        argumentCount: 0...2,
        text: """
            Compares two flows hop by hop: what only one of them has, what took or waited longer. With --usual one flow is
            compared with others of its kind, those that begin with the same span of the same service: what is out of the
            usual, and by how much. With --before and --after it compares flows of one kind in two times: did it get
            better, what is new, and what slow flows have in common.
            """,
        options: SpanSource.options + [
            OptionDescription(
                "usual",
                nil,
                "compare the flow with others of its kind; needs \(FlowProfile.usualFlows) of them"
            ),
            OptionDescription("before", "FROM/TO", "the first time: 2026-11-28T14:00:00Z/2026-11-28T15:00:00Z"),
            OptionDescription("after", "FROM/TO", "the second time"),
            OptionDescription("service", "NAME", "the service that flows of the kind begin in"),
            OptionDescription("name", "NAME", "the span that they begin with; the most frequent kind unless given"),
            OptionDescription("limit", "N", "how many flows of the kind are looked at; \(defaultLimit) unless given"),
            OptionDescription("json", nil, "print JSON, for programs"),
        ],
        examples: [
            .init("stitch diff 4bf92f35 5bf92f35 --file shop.otlp.jsonl", "two flows, hop by hop"),
            .init("stitch diff 4bf92f35 --usual --store spans", "is this flow as others are?"),
            .init(
                "stitch diff --store spans --name 'place order' --before 2026-11-18T11:00:00Z/2026-11-18T11:20:00Z"
                    + " --after 2026-11-18T11:20:00Z/2026-11-18T12:00:00Z",
                "did the release at 11:20 help?"
            ),
        ]
    )

    private static let defaultLimit = 1_000

    static func run(_ arguments: ParsedArguments, _ console: Console) async throws -> Int32 {
        let names = arguments.arguments
        let isUsual = arguments.has("usual")
        let windows = try windows(arguments)
        switch (names.count, isUsual, windows) {
        case (2, false, nil), (1, true, nil), (0...1, false, .some): break
        default:
            throw CommandError.usage("give two flows, one flow and --usual, or --before and --after")
        }
        let limit = try arguments.number("limit", in: 1...1_000_000) ?? defaultLimit
        let store = try await SpanSource.open(arguments, console)
        let lookup = FlowLookup(store: store)
        let isJSON = arguments.has("json")
        if names.count == 2 {
            let found = [try await lookup.flow(names[0]), try await lookup.flow(names[1])]
            let (first, second) = (found[0].flow, found[1].flow)
            for found in found { found.tellOthers(console) }
            let report = FlowDifference(FlowComparison(first, second), first, second)
            try console.write(isJSON ? JSONText.page(report.document) : report.text(console))
        } else if isUsual {
            let found = try await lookup.flow(names[0])
            let flow = found.flow
            found.tellOthers(console)
            let others = try await flows(of: flow.kind, nil, store, limit, console).filter {
                $0.origin.reference != flow.origin.reference
            }
            let report = UsualDifference(FlowProfile(of: flow.kind, others), flow)
            guard others.count >= FlowProfile.usualFlows else {
                throw CommandError.failure(
                    "there are \(others.count) other flows of the kind \(flow.kind); nothing is usual below \(FlowProfile.usualFlows)"
                )
            }
            try console.write(isJSON ? JSONText.page(report.document) : report.text(console))
        } else if let windows {
            var kind = kind(arguments)
            if let name = names.first { kind = try await lookup.flow(name).flow.kind }
            if kind == nil { kind = try await frequentKind(arguments, windows.after, store, limit, console) }
            guard let kind else { throw CommandError.failure("there is no flow in the second time") }
            let before = try await flows(of: kind, windows.before, store, limit, console)
            let after = try await flows(of: kind, windows.after, store, limit, console)
            guard !before.isEmpty || !after.isEmpty else {
                throw CommandError.failure("there is no flow of the kind \(kind) in either time")
            }
            let report = WindowDifference(WindowComparison(of: kind, before: before, after: after))
            try console.write(isJSON ? JSONText.page(report.document) : report.text(console))
        }
        return 0
    }

    private typealias Window = (from: Timestamp, to: Timestamp)

    private static func windows(_ arguments: ParsedArguments) throws(CommandError) -> (before: Window, after: Window)? {
        let before = try window("before", arguments)
        let after = try window("after", arguments)
        guard let before, let after else {
            guard before == nil, after == nil else { throw .usage("--before and --after go together") }
            return nil
        }
        return (before, after)
    }

    private static func window(_ name: String, _ arguments: ParsedArguments) throws(CommandError) -> Window? {
        guard let text = arguments[name] else { return nil }
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, let from = Timestamp(text: parts[0]), let to = Timestamp(text: parts[1]), from < to
        else {
            throw .usage("--\(name) is FROM/TO, as 2026-11-28T14:00:00Z/2026-11-28T15:00:00Z, not '\(text)'")
        }
        return (from, to)
    }

    private static func kind(_ arguments: ParsedArguments) -> FlowKind? {
        guard let service = arguments["service"], let name = arguments["name"] else { return nil }
        return FlowKind(service: service, name: name)
    }

    private static func flows(
        of kind: FlowKind,
        _ window: Window?,
        _ store: any SpanStore,
        _ limit: Int,
        _ console: Console
    ) async throws -> [Flow] {
        let step = SpanCondition.all([.text(.service, .equal, kind.service), .text(.name, .equal, kind.name)])
        let filter = FlowFilter(steps: [step])
        let window = (from: window?.from, to: window?.to)
        let flows = try await FlowWindow(store).flows(filter, from: window.from, to: window.to, most: limit, console)
        return flows.filter { $0.kind == kind }
    }

    private static func frequentKind(
        _ arguments: ParsedArguments,
        _ window: Window,
        _ store: any SpanStore,
        _ limit: Int,
        _ console: Console
    ) async throws -> FlowKind? {
        let all = FlowFilter()
        let flows = try await FlowWindow(store).flows(all, from: window.from, to: window.to, most: limit, console)
        let kinds = flows.map(\.kind).filter { kind in
            kind.service == arguments["service"] ?? kind.service && kind.name == arguments["name"] ?? kind.name
        }
        let counts = Dictionary(grouping: kinds) { $0 }.mapValues(\.count)
        return counts.max { ($0.value, $1.key.description) < ($1.value, $0.key.description) }?.key
    }
}
