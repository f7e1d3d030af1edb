// SPDX-License-Identifier: Apache-2.0

import TraceContext

/// What it costs to read and to write the context of one message.
enum ContextBenchmarks: BenchmarkGroup {
    static let name = "context"

    private struct Disagreement: Error {}

    static func run() throws -> [Figure] {
        let field = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        // A comparison of two that do not do the same would be worth nothing.
        guard let parent = TraceParent(field), parent.description == field,
            let naive = NaiveTraceParent(field), naive.flags == parent.flags.rawValue,
            format(parent) == field
        else { throw Disagreement() }

        let parsing = Contest(entries: [
            .init(name: "context.parse") { count in
                for _ in 0..<count { blackHole(TraceParent(opaque(field))) }
            },
            .init(name: "context.parse_naive") { count in
                for _ in 0..<count { blackHole(NaiveTraceParent(opaque(field))) }
            },
        ])
        let formatting = Contest(entries: [
            .init(name: "context.format") { count in
                for _ in 0..<count { blackHole(opaque(parent).description) }
            },
            .init(name: "context.format_naive") { count in
                for _ in 0..<count { blackHole(format(opaque(parent))) }
            },
        ])
        return parsing.run() + formatting.run()
    }

    private static func format(_ parent: TraceParent) -> String {
        NaiveTraceParent.format(
            high: parent.traceID.high,
            low: parent.traceID.low,
            span: parent.spanID.bits,
            flags: parent.flags.rawValue
        )
    }
}
