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
        return try await parsing.run() + allocations(of: parsing) + formatting.run() + propagation(parent).run()
            + ProcessBenchmarks.run()
    }

    /// What the entries allocate each time, under their names with `_allocations` before `_naive`.
    private static func allocations(of contest: Contest) async throws -> [Figure] {
        var figures: [Figure] = []
        for entry in contest.entries {
            let name = "context.parse_allocations" + (entry.name.hasSuffix("_naive") ? "_naive" : "")
            let count = try await Allocations.perExecution(of: entry.body)
            figures.append(Figure(name: name, value: count, unit: .count))
        }
        return figures
    }

    /// All three fields into a carrier and out of it again, as with each message that is passed on.
    private static func propagation(_ parent: TraceParent) throws -> Contest {
        let propagator = CompositePropagator([W3CPropagator(), BaggagePropagator()])
        let span = SpanContext(
            traceID: parent.traceID,
            spanID: parent.spanID,
            flags: parent.flags,
            state: TraceState("vendor=opaque-value,other=1") ?? TraceState(),
            isRemote: true
        )
        let context = PropagationContext(span: span, baggage: Baggage("user=alice,tenant=eu-1"))
        let naive = NaiveContext(context)
        guard agree(context, naive, propagator) else { throw Disagreement() }
        return Contest(entries: [
            .init(name: "context.inject_extract") { count in
                for _ in 0..<count {
                    var carrier = ContextCarrier()
                    propagator.inject(opaque(context), into: &carrier)
                    blackHole(propagator.extract(from: carrier))
                }
            },
            .init(name: "context.inject_extract_naive") { count in
                for _ in 0..<count {
                    var fields: [String: String] = [:]
                    opaque(naive).inject(into: &fields)
                    blackHole(NaiveContext(fields: fields))
                }
            },
        ])
    }

    /// Whether both write the same fields and read from them what was written.
    private static func agree(
        _ context: PropagationContext,
        _ naive: NaiveContext,
        _ propagator: some Propagator
    ) -> Bool {
        var carrier = ContextCarrier()
        propagator.inject(context, into: &carrier)
        var fields: [String: String] = [:]
        naive.inject(into: &fields)
        return fields.count == 3 && Dictionary(carrier.fields.map { ($0.name, $0.value) }) { $1 } == fields
            && propagator.extract(from: carrier) == context && NaiveContext(fields: fields) == naive
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
