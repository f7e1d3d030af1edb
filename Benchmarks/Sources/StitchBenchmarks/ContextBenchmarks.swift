// SPDX-License-Identifier: Apache-2.0

import TraceContext

/// What it costs to read and to write the context of one message.
enum ContextBenchmarks: BenchmarkGroup {
    static let name = "context"

    private struct Disagreement: Error {}

    static func run() async throws -> [Figure] {
        let field = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        // A comparison of two that do not do the same would be worth nothing.
        guard let parent = TraceParent(field), parent.description == field,
            let naive = NaiveTraceParent(field), naive.flags == parent.flags.rawValue,
            format(parent) == field
        else { throw Disagreement() }

        let bytes = Array(field.utf8)
        let parsing = Contest(entries: [
            .init(name: "context.parse") { count in
                bytes.withUnsafeBufferPointer { bytes in
                    for _ in 0..<count { blackHole(TraceParent(utf8: opaque(bytes))) }
                }
            },
            .init(name: "context.parse_naive") { count in
                for _ in 0..<count { blackHole(NaiveTraceParent(opaque(field))) }
            },
        ])
        let formatting = Contest(entries: [
            .init(name: "context.format") { count in
                // Different each time, so that nothing can be taken out of the loop; a value that is passed through
                // `opaque` would cost as much as the writing.
                let parents = (0..<64).map {
                    TraceParent(traceID: parent.traceID, spanID: SpanID(bits: $0 + 1), flags: [])
                }
                withUnsafeTemporaryAllocation(of: UInt8.self, capacity: TraceParent.byteCount) { buffer in
                    for index in 0..<count { blackHole(parents[index & 63].write(to: buffer)) }
                }
            },
            .init(name: "context.format_naive") { count in
                for _ in 0..<count { blackHole(format(opaque(parent))) }
            },
        ])
        return await parsing.run() + formatting.run() + propagation(parent).run() + ProcessBenchmarks.run()
    }

    /// All three fields into a carrier and out of it again, as with each message that is passed on.
    private static func propagation(_ parent: TraceParent) -> Contest {
        let propagator = CompositePropagator([W3CPropagator(), BaggagePropagator()])
        let span = SpanContext(
            traceID: parent.traceID,
            spanID: parent.spanID,
            flags: parent.flags,
            state: TraceState("vendor=opaque-value,other=1") ?? TraceState()
        )
        let context = PropagationContext(span: span, baggage: Baggage("user=alice,tenant=eu-1"))
        return Contest(entries: [
            .init(name: "context.inject_extract") { count in
                for _ in 0..<count {
                    var carrier = ContextCarrier()
                    propagator.inject(opaque(context), into: &carrier)
                    blackHole(propagator.extract(from: carrier))
                }
            }
        ])
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
