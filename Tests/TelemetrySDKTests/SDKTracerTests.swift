// SPDX-License-Identifier: Apache-2.0

import Synchronization
import TelemetrySDK
import Testing

final class CollectingProcessor: SpanProcessor {
    let spans = Mutex<[SpanData]>([])

    func ended(_ span: SpanData) { spans.withLock { $0.append(span) } }

    var all: [SpanData] { spans.withLock { $0 } }
}

@Suite("The tracer")
struct SDKTracerTests {
    let processor = CollectingProcessor()
    var tracer: SDKTracer { SDKTracer(resource: Resource(), processor: processor) }

    @Test("A child stays in its parent's trace; a root starts one with the random flag")
    func parents() throws {
        let tracer = tracer
        withTracer(tracer) {
            withSpan("root") { _ in withSpan("child") { _ in } }
        }
        let spans = processor.all
        let child = try #require(spans.first { $0.name == "child" })
        let root = try #require(spans.first { $0.name == "root" })
        #expect(child.traceID == root.traceID)
        #expect(child.parentSpanID == root.spanID)
        #expect(root.parentSpanID == nil)
        #expect(root.context.flags == [.sampled, .random])
    }

    @Test("Whoever continues a trace doesn't say that its id is random when its creator didn't")
    func randomFlag() {
        let parent = SpanContext(traceID: TraceID(high: 1, low: 1), spanID: SpanID(bits: 1), flags: .sampled)
        let span = tracer.startSpan("s", ofKind: .internal, parent: parent, following: [], at: nil) { _ in }
        #expect(span.context.flags == .sampled)
    }

    @Test("A span that isn't sampled keeps its trace and has an id of its own")
    func unsampled() {
        let parent = SpanContext(traceID: TraceID(high: 1, low: 1), spanID: SpanID(bits: 1))
        let span = tracer.startSpan("s", ofKind: .internal, parent: parent, following: [], at: nil) { _ in
            Issue.record("a span that nobody records is not described")
        }
        span.end()
        #expect(span.context.isValid && span.traceID == parent.traceID && span.spanID != parent.spanID)
        #expect(!span.isRecording)
        #expect(processor.all.isEmpty)
    }

    @Test("A root follows those that caused it: one sampled is enough, none sampled drops it")
    func following() {
        let kept = SpanContext(traceID: TraceID(high: 1, low: 1), spanID: SpanID(bits: 1), flags: .sampled)
        let dropped = SpanContext(traceID: TraceID(high: 2, low: 2), spanID: SpanID(bits: 2))
        func root(_ following: [SpanContext]) -> Span {
            tracer.startSpan("s", ofKind: .consumer, parent: nil, following: following, at: nil) { _ in }
        }
        #expect(root([dropped, kept]).isRecording)
        #expect(!root([dropped]).isRecording)
        #expect(root([]).isRecording)
    }

    @Test("A span ends once; what is said afterwards is not kept, and it ends no earlier than it began")
    func ends() throws {
        let start = Timestamp.now.advanced(by: .seconds(60))
        let span = tracer.startSpan("s", ofKind: .internal, parent: nil, following: [], at: start) { _ in }
        span.end()
        span.attributes["late"] = true
        span.end()
        #expect(processor.all.count == 1)
        let data = try #require(processor.all.first)
        #expect(data.attributes["late"] == nil)
        #expect(data.end == data.start)
    }

    @Test("Links above the limit are dropped and counted")
    func linkLimit() throws {
        let target = SpanContext(traceID: TraceID(high: 1, low: 1), spanID: SpanID(bits: 1))
        let span = tracer.startSpan("s", ofKind: .internal, parent: nil, following: [], at: nil) { builder in
            for _ in 0..<130 { builder.addLink(target) }
        }
        span.addLink(target)
        span.end()
        let data = try #require(processor.all.first)
        #expect(data.links.count == 128)
        #expect(data.droppedLinkCount == 3)
    }
}
