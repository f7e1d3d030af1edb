// SPDX-License-Identifier: Apache-2.0

import Synchronization
import TelemetryAPI
import Testing

/// Counts spans and keeps what became of them.
private final class CountingTracer: Tracer {
    final class Recorder: SpanRecording {
        let errors = Mutex<[String]>([])
        let ends = Mutex(0)

        var isRecording: Bool { ends.withLock { $0 == 0 } }
        func attribute(_ key: String) -> AttributeValue? { nil }
        func setAttribute(_ key: String, _ value: AttributeValue?) {
            if key == "error.type" { errors.withLock { $0.append("\(value?.description ?? "")") } }
        }
        func rename(_ name: String) {}
        func addLink(_ link: SpanLink) {}
        func addEvent(_ event: SpanEvent) {}
        func setStatus(_ status: SpanStatus) {}
        func end(at time: Timestamp?) { ends.withLock { $0 += 1 } }
    }

    let started = Mutex<[(name: String, parent: SpanContext?)]>([])
    let recorder = Recorder()

    func startSpan(
        _ name: String,
        ofKind kind: SpanKind,
        parent: SpanContext?,
        following: [SpanContext],
        at time: Timestamp?,
        _ build: (inout SpanBuilder) -> Void
    ) -> Span {
        let count = started.withLock { started in
            started.append((name, parent))
            return started.count
        }
        let traceID = parent?.traceID ?? TraceID(high: 0, low: 1)
        return Span(context: SpanContext(traceID: traceID, spanID: SpanID(bits: UInt64(count))), recorder: recorder)
    }
}

private struct Broken: Error {}

@Suite("The current span")
struct CurrentSpanTests {
    @Test("withSpan makes its span current, also in tasks that it starts, and ends it")
    func current() async {
        let tracer = CountingTracer()
        await withTracer(tracer) {
            await withSpan("outer") { outer in
                #expect(Span.current?.spanID == outer.spanID)
                await Task { withSpan("inner") { _ in } }.value
            }
            #expect(Span.current == nil)
        }
        let parents = tracer.started.withLock { $0.map(\.parent?.spanID) }
        #expect(parents == [nil, SpanID(bits: 1)])
        #expect(tracer.recorder.ends.withLock { $0 } == 2)
    }

    @Test("An error is recorded once and goes on; cancellation is no error")
    func errors() {
        let tracer = CountingTracer()
        withTracer(tracer) {
            #expect(throws: Broken.self) { try withSpan("fails") { _ in throw Broken() } }
            #expect(throws: CancellationError.self) {
                try withSpan("is cancelled") { _ in throw CancellationError() }
            }
        }
        #expect(tracer.recorder.errors.withLock { $0.count } == 1)
    }

    @Test("withTracer holds for its closure alone, and keeps the current span")
    func override() {
        let outer = CountingTracer()
        let inner = CountingTracer()
        withTracer(outer) {
            withSpan("outer") { span in
                withTracer(inner) { withSpan("inner") { _ in } }
                #expect(inner.started.withLock { $0.first?.parent } == span.context)
            }
        }
        #expect(outer.started.withLock { $0.count } == 1)
        #expect(inner.started.withLock { $0.count } == 1)
    }

    @Test("A server span continues what its request carries, and without that starts a trace")
    func continuing() async {
        let tracer = CountingTracer()
        let incoming = SpanContext(traceID: TraceID(high: 7, low: 7), spanID: SpanID(bits: 7), flags: .sampled)
        await withTracer(tracer) {
            await withSpan("ambient") { _ in
                withSpan("GET /", ofKind: .server, continuing: ContextCarrier(incoming)) { _ in }
                await withSpan("GET /", ofKind: .server, continuing: ContextCarrier()) { _ async in }
            }
        }
        let parents = tracer.started.withLock { $0.map(\.parent?.traceID) }
        #expect(parents == [nil, incoming.traceID, nil])
    }

    @Test("Without a tracer a trace passes through")
    func noTracer() {
        let incoming = SpanContext(traceID: TraceID(high: 7, low: 7), spanID: SpanID(bits: 7))
        withTracer(NoOpTracer()) {
            withSpan("nobody records", parent: .context(incoming)) { span in
                #expect(!span.isRecording)
                #expect(span.context == incoming)
            }
        }
    }
}
