// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import Testing
import TraceContext

@testable import TraceFlow

@Suite("A graph of spans")
struct SpanGraphTests {
    private func span(_ id: UInt64, parent: UInt64? = nil) -> SpanData {
        let context = SpanContext(traceID: TraceID(high: 1, low: 2), spanID: SpanID(bits: id), flags: .sampled)
        var span = SpanData(
            context: context,
            name: "span",
            start: Timestamp(nanoseconds: id),
            end: Timestamp(nanoseconds: id + 1)
        )
        span.parentSpanID = parent.map { SpanID(bits: $0) }
        return span
    }

    @Test("knows a span by the same number before it is there and after")
    func announced() throws {
        let (target, source) = (span(1), span(2))
        var graph = SpanGraph()
        graph.announce([BackLinks.Link(target: target.reference, source: source.reference)])
        let numbers = [graph.node(target.reference), graph.node(source.reference)]
        #expect(numbers == [1, 0] || numbers == [0, 1])
        // More than there was room for at first, and the two among them.
        graph.add(moving: (1...500).map { span($0, parent: $0 > 2 ? 1 : nil) }, of: [target.traceID])
        #expect([graph.node(target.reference), graph.node(source.reference)] == numbers)
        #expect(graph.references.count == 500 && graph.spans.count == 500)
        let node = try #require(graph.presentNode(target.reference))
        #expect(graph.effects(of: node).count { $0.relation == .child } == 498)
        #expect(graph.effects(of: node).count { $0.relation == .silent } == 1)
    }

    @Test("takes spans of the traces that were asked for alone, the later of two copies, and each once")
    func moved() {
        var graph = SpanGraph()
        var renamed = span(3)
        renamed.name = "renamed"
        graph.add(moving: [span(3), span(4), renamed, span(3)], of: [TraceID(high: 9, low: 9)])
        #expect(graph.spans.isEmpty)
        graph.add(moving: [span(3), span(4), renamed], of: [span(3).traceID])
        #expect(graph.spans.map(\.name) == ["renamed", "span"])
        graph.add([span(3)])
        #expect(graph.spans.map(\.name) == ["span", "span"])
    }
}
