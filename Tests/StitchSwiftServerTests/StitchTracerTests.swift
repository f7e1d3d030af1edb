// SPDX-License-Identifier: Apache-2.0

#if DistributedTracingSupport
import MessageTracing
import StitchSwiftServer
import StitchTesting
import TelemetryAPI
import TelemetrySDK
import Testing
import TraceContext
import Tracing

private struct Refused: Error {}

/// Tells the names of spans as they arrive.
private final class ArrivingExporter: SpanExporter {
    let (names, arrived) = AsyncStream.makeStream(of: String.self)

    func export(_ batch: SpanBatch) { for span in batch.spans { arrived.yield(span.name) } }
}

@Suite("Stitch as the backend of swift-distributed-tracing")
struct StitchTracerTests {
    let tracer = StitchTracer()

    @Test("A span that either side starts is the parent of what the other side starts in it")
    func oneCurrentContext() async throws {
        try await withStitchTest { test in
            try await tracer.withSpan("request", ofKind: .server) { request async throws in
                #expect(TelemetryAPI.Span.current?.context == request.span.context)
                await TelemetryAPI.withSpan("work", ofKind: .internal) { _ async in
                    tracer.withSpan("query", ofKind: .client) { query in
                        #expect(TelemetryAPI.Span.current?.spanID == query.span.spanID)
                    }
                }
                #expect(TelemetryAPI.Span.current?.spanID == request.span.spanID)
            }
            #expect(TelemetryAPI.Span.current == nil)
            let spans = ["request", "work", "query"].compactMap { test.spans.named($0).first }
            #expect(spans.map(\.kind) == [.server, .internal, .client])
            #expect(spans.map(\.parentSpanID) == [nil, spans[0].spanID, spans[1].spanID])
            #expect(Set(spans.map(\.traceID)).count == 1)
        }
    }

    @Test("A forced flush has what has ended exported soon")
    func forceFlush() async {
        let exporter = ArrivingExporter()
        let processor = BatchSpanProcessor(exporter: exporter, delay: 3600)
        let tracer = StitchTracer(SDKTracer(resource: Resource(), processor: processor))
        tracer.withSpan("request") { _ in }
        tracer.forceFlush()
        var names = exporter.names.makeAsyncIterator()
        #expect(await names.next() == "request")
        processor.shutdown()
    }

    @Test("The message that is worked on stays known in a span that the other side starts")
    func work() async throws {
        try await withStitchTest { _ in
            let target = MessageTarget(system: "stitch", destination: "orders")
            await ProcessSpan(of: ContextCarrier(), from: target) { _ in }.run {
                tracer.withSpan("query", ofKind: .client) { _ in
                    #expect(currentLogFields.destination == "orders")
                }
            }
        }
    }

    @Test("A context of its own, as frameworks make for each request, keeps the test's tracer current in it")
    func topLevel() async throws {
        try await withStitchTest { test in
            tracer.withSpan("request", context: .topLevel, ofKind: .server) { _ in
                TelemetryAPI.withSpan("work") { _ in }
            }
            let request = try #require(test.spans.named("request").first)
            #expect(test.spans.named("work").first?.parentSpanID == request.spanID)
        }
    }

    @Test("What an application keeps in its context stays there in spans of Stitch, and in the tasks that they start")
    func ownValues() async throws {
        try await withStitchTest { _ in
            var context = ServiceContext.current ?? .topLevel
            context[TenantKey.self] = "eu-1"
            await ServiceContext.$current.withValue(context) {
                await TelemetryAPI.withSpan("work") { span async in
                    #expect(ServiceContext.current?[TenantKey.self] == "eu-1")
                    let seen = await Task {
                        (ServiceContext.current?[TenantKey.self], TelemetryAPI.Span.current?.spanID)
                    }
                    .value
                    #expect(seen == ("eu-1", span.spanID))
                }
            }
        }
    }

    @Test("A request is continued as its fields say, and a request that is made carries the current span")
    func carriers() async throws {
        try await withStitchTest { test in
            let caller = SpanContext(
                traceID: TraceID(high: 7, low: 7),
                spanID: SpanID(bits: 7),
                flags: .sampled,
                state: TraceState("vendor=1") ?? TraceState()
            )
            let fields = [
                "traceparent": caller.traceParent.description, "tracestate": "vendor=1",
                "baggage": "user=alice,tenant=eu-1", "stitch": "o=1",
            ]
            let tracer = StitchTracer(baggage: .keys(["tenant"]))
            var context = ServiceContext.topLevel
            context[TenantKey.self] = "eu-1"
            tracer.extract(fields, into: &context, using: FieldAccess())
            #expect(context[TenantKey.self] == "eu-1")
            tracer.withSpan("request", context: context, ofKind: .server) { span in
                #expect(Baggage.current.description == "tenant=eu-1")
                var outgoing: [String: String] = ["baggage": "old=1"]
                tracer.inject(span.context, into: &outgoing, using: FieldAccess())
                #expect(
                    outgoing == [
                        "traceparent": span.span.context.traceParent.description, "tracestate": "vendor=1",
                        "baggage": "tenant=eu-1",
                    ]
                )
            }
            let request = try #require(test.spans.named("request").first)
            #expect(request.traceID == caller.traceID && request.parentSpanID == caller.spanID)

            var untouched = ServiceContext.topLevel
            tracer.extract(["accept": "*/*"], into: &untouched, using: FieldAccess())
            #expect(untouched.isEmpty)
        }
    }

    @Test("Where nobody makes spans, what came goes on as it is")
    func passedOn() {
        let tracer = StitchTracer(TelemetryAPI.NoOpTracer())
        let fields = [
            "traceparent": "00-00000000000000070000000000000007-0000000000000007-01", "tracestate": "vendor=1",
        ]
        var context = ServiceContext.topLevel
        tracer.extract(fields, into: &context, using: FieldAccess())
        tracer.withSpan("request", context: context) { span in
            #expect(!span.isRecording)
            var outgoing: [String: String] = [:]
            tracer.inject(span.context, into: &outgoing, using: FieldAccess())
            #expect(outgoing == fields)
        }
    }

    @Test("A span that isn't sampled is still current, and still carried")
    func unsampled() async throws {
        try await withStitchTest { test in
            var context = ServiceContext.topLevel
            let fields = ["traceparent": "00-00000000000000070000000000000007-0000000000000007-00"]
            tracer.extract(fields, into: &context, using: FieldAccess())
            tracer.withSpan("request", context: context) { span in
                #expect(!span.isRecording && span.span.context.isValid)
                #expect(TelemetryAPI.Span.current?.context == span.span.context)
                var outgoing: [String: String] = [:]
                tracer.inject(span.context, into: &outgoing, using: FieldAccess())
                #expect(outgoing == ["traceparent": span.span.context.traceParent.description])
            }
            #expect(test.spans.all.isEmpty)
        }
    }

    @Test("Attributes of every kind, events, links, the name and times arrive")
    func everythingSaid() async throws {
        try await withStitchTest { test in
            let other = TelemetryAPI.startSpan("other")
            let otherContext = other.makeCurrent { ServiceContext.current ?? .topLevel }
            let span = tracer.startSpan("old", context: .topLevel, at: Moment(nanosecondsSinceEpoch: 1_000))
            span.operationName = "new"
            #expect(span.operationName == "new")
            span.attributes["text"] = "a"
            span.attributes["number"] = 1
            span.attributes["fraction"] = 0.5
            span.attributes["truth"] = true
            span.attributes["texts"] = ["a", "b"]
            span.attributes["numbers"] = SpanAttribute.int32Array([1, 2])
            span.attributes["gone"] = "x"
            span.attributes["gone"] = SpanAttribute?.none
            #expect(span.attributes.get("number") == 1)
            span.addEvent(
                Tracing.SpanEvent(name: "retry", at: Moment(nanosecondsSinceEpoch: 2_000), attributes: ["attempt": 2])
            )
            span.addLink(Tracing.SpanLink(context: otherContext, attributes: ["why": "batch"]))
            span.addLink(Tracing.SpanLink(context: .topLevel, attributes: [:]))
            span.end(at: Moment(nanosecondsSinceEpoch: 3_000))
            span.end(at: Moment(nanosecondsSinceEpoch: 4_000))
            span.attributes["late"] = true

            let data = try #require(test.spans.named("new").first)
            #expect(test.spans.named("new").count == 1)
            #expect(data.start.nanoseconds == 1_000 && data.end.nanoseconds == 3_000)
            #expect(
                data.attributes == [
                    "text": "a", "number": 1, "fraction": 0.5, "truth": true, "texts": .array(["a", "b"]),
                    "numbers": .array([1, 2]),
                ]
            )
            #expect(
                data.events == [
                    TelemetryData.SpanEvent(
                        name: "retry",
                        time: Timestamp(nanoseconds: 2_000),
                        attributes: ["attempt": 2]
                    )
                ]
            )
            #expect(data.links == [TelemetryData.SpanLink(other.context, attributes: ["why": "batch"])])
        }
    }

    @Test("An error is recorded once, with its description as the status; cancellation is none")
    func errors() async throws {
        try await withStitchTest { test in
            #expect(throws: Refused.self) { try tracer.withSpan("fails") { _ in throw Refused() } }
            #expect(throws: CancellationError.self) {
                try tracer.withSpan("is cancelled") { _ in throw CancellationError() }
            }
            tracer.withSpan("says so") { $0.setStatus(Tracing.SpanStatus(code: .error, message: "no room")) }
            let failed = try #require(test.spans.named("fails").first)
            #expect(failed.status == .error("Refused()"))
            #expect(failed.attributes["error.type"] == "Refused")
            #expect(failed.events.map(\.name) == ["exception"])
            let cancelled = try #require(test.spans.named("is cancelled").first)
            #expect(cancelled.status == .unset && cancelled.events.isEmpty)
            #expect(test.spans.named("says so").first?.status == .error("no room"))
        }
    }

    @Test("Bootstrapped, it has the spans of those who ask the system; a foreign tracer over it makes none")
    func bootstrapped() async throws {
        // Once in a process, so that this is the only test that does it.
        InstrumentationSystem.bootstrap(MultiplexInstrument([StitchTracer()]))
        try await withStitchTest { test in
            TelemetryAPI.withSpan("work") { work in
                Tracing.withSpan("query", ofKind: .client) { _ in }
                TelemetryAPI.withTracer(ForeignTracer()) {
                    TelemetryAPI.withSpan("lost") { span in
                        #expect(!span.isRecording)
                        #expect(ContextCarrier.current().spanContext?.spanID == work.spanID)
                    }
                }
            }
            let work = try #require(test.spans.named("work").first)
            #expect(test.spans.named("query").map(\.parentSpanID) == [work.spanID])
            #expect(test.spans.all.count == 2)
        }
    }

    @Test("The current span is given out to whoever has its context, while it is recorded")
    func activeSpan() async throws {
        try await withStitchTest { test in
            let context = TelemetryAPI.withSpan("work") { _ in
                let context = ServiceContext.current ?? .topLevel
                tracer.activeSpan(identifiedBy: context)?.attributes["seen"] = true
                return context
            }
            #expect(test.spans.named("work").first?.attributes == ["seen": true])
            #expect(tracer.activeSpan(identifiedBy: context) == nil)
        }
    }
}

private struct Moment: TracerInstant {
    let nanosecondsSinceEpoch: UInt64
    static func < (a: Self, b: Self) -> Bool { a.nanosecondsSinceEpoch < b.nanosecondsSinceEpoch }
}
#endif
