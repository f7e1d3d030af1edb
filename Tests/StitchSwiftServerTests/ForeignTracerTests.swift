// SPDX-License-Identifier: Apache-2.0

#if DistributedTracingSupport
import InMemoryTracing
import MessageTracing
import StitchSwiftServer
import TelemetryAPI
import Testing
import TraceContext
import Tracing

private struct Refused: Error {}

@Suite("A backend of swift-distributed-tracing under Stitch's instrumentation")
struct ForeignTracerTests {
    let backend = W3CBackend()
    let remote = SpanContext(
        traceID: TraceID(high: 7, low: 7),
        spanID: SpanID(bits: 7),
        flags: .sampled,
        isRemote: true
    )

    @Test("Its spans have the ids that its instrument injects")
    func ids() throws {
        try withTracer(ForeignTracer(backend)) {
            try TelemetryAPI.withSpan("work", ofKind: .producer) { span in
                #expect(span.isRecording)
                let own = try #require(ServiceContext.current?[W3CBackend.Key.self])
                #expect(span.context == own)
                #expect(ContextCarrier.current().fields.map(\.name) == ["traceparent", "X-Backend"])
                #expect(ContextCarrier.current()["traceparent"] == own.traceParent.description)
            }
            let work = try #require(backend.named("work"))
            #expect(work.kind == .producer && work.parent == nil && work.ends == 1)
            #expect(work.start > 1_700_000_000_000_000_000 && work.end >= work.start)
        }
    }

    @Test("A span that either side starts is the parent of what the other side starts in it, at every depth")
    func oneCurrentContext() async throws {
        await withTracer(ForeignTracer(backend)) {
            await backend.withSpan("request") { request async in
                #expect(TelemetryAPI.Span.current?.spanID == request.context[W3CBackend.Key.self]?.spanID)
                await TelemetryAPI.withSpan("work") { _ async in
                    backend.withSpan("query") { query in
                        // Newer than what Stitch made current itself.
                        #expect(TelemetryAPI.Span.current?.spanID == query.context[W3CBackend.Key.self]?.spanID)
                        TelemetryAPI.Span.current?.attributes["rows"] = 3
                        TelemetryAPI.withSpan("parse") { _ in
                            withBaggage(Baggage("tenant=eu-1")) {
                                #expect(ContextCarrier.current()["baggage"] == "tenant=eu-1")
                                TelemetryAPI.withSpan("deep") { _ in }
                            }
                        }
                    }
                    TelemetryAPI.withSpan("more") { _ in }
                }
            }
        }
        let parents = ["request", "work", "query", "parse", "deep"].map { backend.named($0)?.parent?.spanID }
        let ids = ["request", "work", "query", "parse"].map { backend.named($0)?.context.spanID }
        #expect(parents == [nil] + ids)
        #expect(backend.named("more")?.parent?.spanID == backend.named("work")?.context.spanID)
        #expect(Set(backend.finished.map(\.context.traceID)).count == 1)
        #expect(backend.named("query")?.attributes.get("rows") == 3)
    }

    @Test("What an application keeps in its context stays there in spans below the current one")
    func ownValues() {
        withTracer(ForeignTracer(backend)) {
            backend.withSpan("request") { request in
                var context = request.context
                context[TenantKey.self] = "eu-1"
                ServiceContext.$current.withValue(context) {
                    TelemetryAPI.withSpan("work") { _ in
                        #expect(ServiceContext.current?[TenantKey.self] == "eu-1")
                        withBaggage(Baggage("a=1")) {
                            #expect(ServiceContext.current?[TenantKey.self] == "eu-1")
                        }
                        var context = ServiceContext.current ?? .topLevel
                        context[TenantKey.self] = "eu-2"
                        ServiceContext.$current.withValue(context) {
                            TelemetryAPI.withSpan("below") { _ in
                                #expect(ServiceContext.current?[TenantKey.self] == "eu-2")
                            }
                        }
                    }
                }
            }
        }
    }

    @Test("A span of another process is continued, a root has no parent whatever is current")
    func parents() {
        withTracer(ForeignTracer(backend)) {
            backend.withSpan("request") { _ in
                TelemetryAPI.withSpan("process", parent: .context(remote)) { _ in
                    TelemetryAPI.withSpan("below") { _ in }
                }
                TelemetryAPI.withSpan("root", parent: .root) { _ in }
            }
        }
        #expect(backend.named("process")?.parent?.spanID == remote.spanID)
        #expect(backend.named("process")?.context.traceID == remote.traceID)
        #expect(backend.named("below")?.parent?.spanID == backend.named("process")?.context.spanID)
        #expect(backend.named("root")?.parent == nil)
        #expect(backend.named("root")?.context.traceID != backend.named("request")?.context.traceID)
    }

    @Test("A span of messaging that has one owner arrives as any other")
    func messageSpan() throws {
        var span = ForeignTracer(backend).startMessageSpan(
            .send,
            on: MessageTarget(system: "kafka", destination: "orders"),
            ofKind: .producer,
            parent: nil,
            following: [],
            link: remote,
            role: .creation,
            details: MessageDetails(bodySize: 300),
            at: nil
        )
        #expect(span.isRecording && span.context.isValid)
        span.details.offset = 7
        span.end(status: .error("refused")) { $0.set("error.type", "timeout") }

        let send = try #require(backend.named("send orders"))
        #expect(send.attributes.get("messaging.system") == "kafka" && send.attributes.get("error.type") == "timeout")
        #expect(send.attributes.get("messaging.message.body.size") == .int64(300))
        #expect(send.attributes.get("messaging.kafka.offset") == .int64(7))
        #expect(send.links.map(\.spanID) == [remote.spanID])
        #expect(send.status == Tracing.SpanStatus(code: .error, message: "refused"))
        #expect(send.ends == 1)
    }

    @Test("Attributes and links arrive directly after the start, and whatever is said later")
    func everythingSaid() throws {
        let span = ForeignTracer(backend).startSpan(
            "work",
            ofKind: .consumer,
            parent: nil,
            following: [remote],
            at: Timestamp(nanoseconds: 1_000)
        ) {
            $0.set("text", "a")
            $0.attributes.merge(["mixed": .array(["a", 1]), "bytes": .bytes([1, 255]), "map": .map(["a": 1])])
            $0.addLink(remote, attributes: ["why": "creation"])
            $0.addLink(.invalid)
        }
        #expect(span.attributes["text"] == "a")
        span.attributes["numbers"] = .array([1, 2])
        span.attributes["text"] = nil
        span.addEvent(SpanEventOfStitch(name: "retry", time: Timestamp(nanoseconds: 2_000), attributes: ["attempt": 2]))
        span.rename("better")
        span.recordError(Refused())
        span.end(at: Timestamp(nanoseconds: 3_000))
        span.end(at: Timestamp(nanoseconds: 4_000))
        span.attributes["late"] = true
        #expect(!span.isRecording)

        let work = try #require(backend.named("better"))
        #expect(backend.finished.count == 1 && work.ends == 1)
        #expect(work.start == 1_000 && work.end == 3_000)
        #expect(work.attributes.get("text") == nil && work.attributes.get("late") == nil)
        #expect(work.attributes.get("mixed") == .stringArray(["a", "1"]))
        #expect(work.attributes.get("bytes") == .string("01ff"))
        #expect(work.attributes.get("map") == .string("{a: 1}"))
        #expect(work.attributes.get("numbers") == .int64Array([1, 2]))
        #expect(work.attributes.get("error.type") == "Refused")
        #expect(work.links.map(\.spanID) == [remote.spanID])
        #expect(work.linkAttributes.map { $0.get("why") } == ["creation"])
        #expect(work.status == Tracing.SpanStatus(code: .error, message: "Refused()"))
        #expect(work.events.map(\.name) == ["retry", "exception"])
        #expect(work.events.first?.nanosecondsSinceEpoch == 2_000)
        #expect(work.events.first?.attributes.get("attempt") == 2)
    }

    @Test("What was vouched for stays so")
    func finalStatus() {
        withTracer(ForeignTracer(backend)) {
            TelemetryAPI.withSpan("work") { span in
                span.setStatus(.ok)
                span.setStatus(.error("no"))
                span.setStatus(.unset)
            }
        }
        #expect(backend.named("work")?.status == Tracing.SpanStatus(code: .ok))
    }

    @Test("A span that it drops is carried on, and nothing is built for it")
    func dropped() {
        let backend = W3CBackend(isSampling: false)
        let span = ForeignTracer(backend).startSpan("work", ofKind: .internal, parent: nil, following: [], at: nil) {
            _ in
            Issue.record("nobody records the span")
        }
        #expect(!span.isRecording && span.context.isValid && !span.context.isSampled)
        withTracer(ForeignTracer(backend)) {
            span.makeCurrent {
                #expect(ContextCarrier.current()["traceparent"] == span.context.traceParent.description)
            }
        }
    }

    @Test("A message is processed in a span of the backend, linked to the one that created it")
    func messages() async throws {
        let message = ReceivedMessage(carrier: ContextCarrier(remote), created: .now)
        let queue = MessageTarget(system: "rabbitmq", destination: "orders")
        await withTracer(ForeignTracer(backend)) {
            await ProcessSpan(of: message, from: queue).run {
                backend.withSpan("query") { _ in }
            }
        }
        let process = try #require(backend.named("process orders"))
        #expect(process.parent?.spanID == remote.spanID)
        #expect(process.links.map(\.spanID) == [remote.spanID])
        #expect(process.attributes.get("messaging.system") == "rabbitmq")
        #expect(backend.named("query")?.parent?.spanID == process.context.spanID)
    }

    @Test("A backend whose contexts Stitch can't read gets its spans, and is carried all the same")
    func unreadable() {
        let backend = InMemoryTracer()
        let tracer = ForeignTracer(backend)
        #expect(tracer.fields.isSuperset(of: ["in-memory-trace-id", "in-memory-span-id", "traceparent"]))
        withTracer(tracer) {
            TelemetryAPI.withSpan("work") { span in
                #expect(span.isRecording && !span.context.isValid)
                #expect(ContextCarrier.current().fields.map(\.value) == ["trace-1", "span-1"])
                backend.withSpan("query") { _ in
                    #expect(ContextCarrier.current().fields.map(\.value) == ["trace-1", "span-2"])
                }
            }
        }
        #expect(backend.finishedSpans.map(\.operationName) == ["query", "work"])
        #expect(backend.finishedSpans.first?.parentSpanID == "span-1")
    }

    @Test("A backend that is Stitch itself makes no spans, rather than asking for ever")
    func circle() {
        withTracer(ForeignTracer(StitchTracer())) {
            TelemetryAPI.withSpan("work") { span in #expect(!span.isRecording) }
        }
    }
}

private typealias SpanEventOfStitch = TelemetryData.SpanEvent
#endif
