// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import Testing
import TraceContext
import TraceFlow

/// A source that gives what nobody asked for, leaves out what it has, and always says that there is more.
private struct LyingSource: FlowSource {
    let all: [SpanData]
    let seed: UInt64

    private func chance(_ traces: [TraceID]) -> Chance { Chance(seed &+ (traces.first?.low ?? 0)) }

    func spans(of traces: [TraceID]) async throws -> [SpanData] {
        var chance = chance(traces)
        return all.filter { span in traces.contains(span.traceID) ? chance.happens(80) : chance.happens(10) }
    }

    func backLinks(to traces: [TraceID], limit: Int) async throws -> BackLinks {
        var chance = chance(traces)
        let links = all.compactMap { span -> BackLinks.Link? in
            guard let target = all.randomElement(using: &chance), chance.happens(50) else { return nil }
            let source = chance.happens(50) ? span.reference : SpanReference(Fixture.context(chance.next(), 1))
            return BackLinks.Link(target: target.reference, source: source)
        }
        return BackLinks(links, isTruncated: chance.happens(70))
    }
}

@Suite("A source that can't be trusted")
struct LyingSourceTests {
    @Test("Joining ends, keeps its limits, and finds nothing that isn't there", arguments: 0..<20 as Range<UInt64>)
    func ends(seed: UInt64) async throws {
        let spans = Tangle.spans(seed)
        let source = LyingSource(all: spans, seed: seed)
        let slow = SlowFlows(spans)
        for span in spans.prefix(10) {
            let flows = try await source.flows(of: span.reference, limits: FlowLimits(traces: 5))
            for flow in flows.flows {
                #expect(Set(flow.spans.map(\.reference)).isSubset(of: slow.flow(from: flow.origin.reference)))
                #expect(flow.traceIDs.count <= 5)
            }
        }
    }
}
