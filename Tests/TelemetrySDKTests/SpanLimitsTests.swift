// SPDX-License-Identifier: Apache-2.0

import StitchService
import Synchronization
import Testing

@testable import TelemetrySDK

@Suite("Limits of spans")
struct SpanLimitsTests {
    let processor = CollectingProcessor()

    private func tracer(_ set: (inout SpanLimits) -> Void) -> SDKTracer {
        var limits = SpanLimits()
        set(&limits)
        return SDKTracer(resource: Resource(), processor: processor, limits: limits)
    }

    private func start(_ tracer: SDKTracer, _ build: (inout SpanBuilder) -> Void = { _ in }) -> Span {
        tracer.startSpan("s", ofKind: .internal, parent: nil, following: [], at: nil, build)
    }

    private let target = SpanContext(traceID: TraceID(high: 1, low: 1), spanID: SpanID(bits: 1))

    @Test(
        "Attributes above the limit are dropped and counted, those of the start and later ones; a kept one may change"
    )
    func attributes() throws {
        let span = start(tracer { $0.attributes = 2 }) { $0.attributes.merge(["a": 1, "b": 2, "c": 3]) }
        span.attributes["d"] = 4
        span.attributes["a"] = 10
        span.attributes["b"] = nil
        span.attributes["e"] = 5
        span.end()
        let data = try #require(processor.all.first)
        #expect(data.attributes == ["a": 10, "e": 5])
        #expect(data.droppedAttributeCount == 2)
    }

    @Test("Events above the limit are dropped and counted, and so are their attributes")
    func events() throws {
        let span = start(
            tracer {
                $0.events = 1
                $0.attributesPerEvent = 1
            }
        )
        span.addEvent(SpanEvent(name: "first", attributes: ["a": 1, "b": 2, "c": 3]))
        span.addEvent(SpanEvent(name: "second"))
        span.addEvent(SpanEvent(name: "third"))
        span.end()
        let data = try #require(processor.all.first)
        #expect(data.events.map(\.name) == ["first"] && data.droppedEventCount == 2)
        #expect(data.events.first?.attributes == ["a": 1] && data.events.first?.droppedAttributeCount == 2)
    }

    @Test("Links above the limit are dropped and counted, and so are their attributes, at the start and later")
    func links() throws {
        let span = start(
            tracer {
                $0.links = 2
                $0.attributesPerLink = 1
            }
        ) { $0.addLink(target, attributes: ["a": 1, "b": 2]) }
        for _ in 0..<3 { span.addLink(target, attributes: ["a": 1, "b": 2, "c": 3]) }
        span.end()
        let data = try #require(processor.all.first)
        #expect(data.links.map(\.droppedAttributeCount) == [1, 2])
        #expect(data.links.allSatisfy { $0.attributes == ["a": 1] })
        #expect(data.droppedLinkCount == 2)
    }

    @Test("Long values are cut, by scalars and not by bytes, wherever they stand; numbers stay")
    func length() throws {
        let long: Attributes = ["t": "äöüß", "b": .bytes([1, 2, 3]), "a": .array(["xyz", 12345]), "n": 12345]
        let short: Attributes = ["t": "äö", "b": .bytes([1, 2]), "a": .array(["xy", 12345]), "n": 12345]
        let span = start(tracer { $0.attributeValueLength = 2 }) { builder in
            builder.attributes.merge(long)
            builder.addLink(target, attributes: long)
        }
        span.addLink(target, attributes: long)
        span.addEvent(SpanEvent(name: "e", attributes: long))
        span.attributes["late"] = "äöüß"
        span.end()
        let data = try #require(processor.all.first)
        #expect(data.attributes["late"] == "äö")
        #expect(data.attributes.elements.filter { $0.key != "late" } == short.elements)
        #expect(data.links.map(\.attributes) == [short, short])
        #expect(data.events.map(\.attributes) == [short])
        #expect(data.droppedAttributeCount == 0)
    }

    @Test("A limit of zero, or below, keeps nothing and counts all")
    func zero() throws {
        let span = start(
            tracer {
                ($0.attributes, $0.events, $0.links) = (0, -1, -1)
                $0.attributeValueLength = -1
            }
        ) { builder in
            builder.attributes["a"] = "x"
            builder.addLink(target)
        }
        span.addEvent(SpanEvent(name: "e", attributes: ["a": "x"]))
        span.addLink(target)
        span.end()
        let data = try #require(processor.all.first)
        #expect(data.attributes.isEmpty && data.events.isEmpty && data.links.isEmpty)
        #expect([data.droppedAttributeCount, data.droppedEventCount, data.droppedLinkCount] == [1, 1, 2])
    }

    @Test("A span that another process began keeps to the limits too")
    func emitted() throws {
        let tracer = tracer { $0.attributes = 1 }
        let context = SpanContext(traceID: TraceID(high: 1, low: 1), spanID: SpanID(bits: 1), flags: .sampled)
        tracer.emit(context, "s", ofKind: .consumer, parent: nil, from: .now, to: .now, status: .ok) {
            $0.attributes.merge(["a": 1, "b": 2])
        }
        #expect(processor.all.map(\.droppedAttributeCount) == [1])
    }

    @Test("It is told at most once a span that something was dropped, and as a warning once")
    func notice() {
        let told = Mutex<[Diagnostic.Level]>([])
        let notice = DropNotice { level, _ in told.withLock { $0.append(level) } }
        var limits = SpanLimits()
        limits.attributes = 0
        let tracer = SDKTracer(resource: Resource(), processor: processor, limits: limits, notice: notice)
        for _ in 0..<3 {
            let span = start(tracer)
            span.attributes["a"] = 1
            span.attributes["b"] = 2
            span.end()
            span.end()
        }
        start(tracer).end()
        #expect(told.withLock { $0 } == [.warning, .debug, .debug])
    }

    @Test("Of many threads that say things and end a span, one ends it, and nothing is lost or kept uncounted")
    func threads() async throws {
        let span = start(
            tracer {
                $0.events = 100
                $0.links = 100
            }
        )
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<8 {
                group.addTask {
                    for count in 0..<50 {
                        span.attributes["\(number).\(count % 16)"] = .int(Int64(count))
                        span.addEvent(SpanEvent(name: "e"))
                        span.addLink(SpanContext(traceID: TraceID(high: 1, low: 1), spanID: SpanID(bits: 1)))
                    }
                }
            }
        }
        await withTaskGroup(of: Void.self) { group in for _ in 0..<8 { group.addTask { span.end() } } }
        #expect(processor.all.count == 1)
        let data = try #require(processor.all.first)
        #expect(data.attributes.count == 128 && data.droppedAttributeCount == 0)
        #expect(data.events.count == 100 && data.droppedEventCount == 300)
        #expect(data.links.count == 100 && data.droppedLinkCount == 300)
    }
}
