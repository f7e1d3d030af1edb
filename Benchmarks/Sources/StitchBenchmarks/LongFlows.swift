// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceContext
import TraceFlow

/// Flows of a thousand spans among those of a ``StoreSample``.
///
/// Twenty traces of fifty spans each, in which one message
/// leads to the next. The traces arrive 10,000 spans apart, or as far as there is room.
struct LongFlows {
    struct Incomplete: Error {}

    static let spanCount = traceCount * spansOfTrace
    private static let traceCount = 20
    private static let spansOfTrace = 50

    /// How many there are, each whole.
    let count: Int
    private let batches: Int
    private let distance: Int

    /// Among so many batches of a thousand spans.
    init(among batches: Int) {
        self.batches = batches
        distance = min(10, batches / Self.traceCount)
        count = distance == 0 ? 0 : min(64, max(1, batches / 20))
    }

    /// A span in the middle of a flow.
    func middle(of flow: Int) -> SpanReference { SpanReference(Self.context(flow, Self.traceCount / 2, 7)) }

    /// What of them arrives with a batch.
    func spans(with batch: Int, _ sample: inout StoreSample) -> [SpanData] {
        var spans: [SpanData] = []
        for flow in 0..<count {
            let since = batch - flow * (batches - distance * Self.traceCount) / count
            guard since >= 0, since % distance == 0, since / distance < Self.traceCount else { continue }
            spans += Self.trace(since / distance, of: flow, &sample)
        }
        return spans
    }

    private static func context(_ flow: Int, _ trace: Int, _ span: Int) -> SpanContext {
        let number = UInt64(flow * traceCount + trace + 1)
        return SpanContext(
            traceID: TraceID(high: number &* 0x9e37_79b9_7f4a_7c15, low: number),
            spanID: SpanID(bits: number << 8 | UInt64(span + 1)),
            flags: [.sampled, .random]
        )
    }

    private static func trace(_ trace: Int, of flow: Int, _ sample: inout StoreSample) -> [SpanData] {
        typealias Attribute = MessagingConventions.Attribute
        let root = context(flow, trace, 0)
        return (0..<spansOfTrace).map { number in
            let context = context(flow, trace, number)
            var span = sample.span(context.traceID, context.spanID, parent: number == 0 ? nil : root.spanID)
            if number == 0, trace > 0 {
                let creation = Self.context(flow, trace - 1, spansOfTrace - 1)
                span.kind = .consumer
                span.attributes[Attribute.operationType] = "process"
                span.links = [SpanLink(creation, attributes: [Attribute.linkRole: "creation"])]
            } else if number == spansOfTrace - 1 {
                span.kind = .producer
                span.attributes[Attribute.operationType] = "send"
            } else {
                span.attributes[Attribute.operationType] = nil
            }
            return span
        }
    }
}
