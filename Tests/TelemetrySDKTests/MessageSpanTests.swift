// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Testing

@testable import TelemetrySDK

/// Keeps what it is given.
private final class KeepingExporter: SpanExporter {
    let spans = Mutex<[SpanData]>([])

    func export(_ batch: SpanBatch) throws { spans.withLock { $0 += batch.spans } }
}

@Suite("Spans of messaging with one owner")
struct MessageSpanTests {
    private let exporter = KeepingExporter()
    private let target = MessageTarget(system: "kafka", destination: "orders", consumerGroup: "billing")
    private let parent = SpanContext(
        traceID: TraceID(high: 1, low: 2),
        spanID: SpanID(bits: 3),
        flags: [.sampled, .random],
        isRemote: true
    )

    /// The span that a tracer makes, and the one that it makes as any other.
    private func both(
        parent: SpanContext?,
        link: SpanContext? = nil,
        role: MessagingConventions.LinkRole = .creation,
        details: MessageDetails = MessageDetails(),
        limits: SpanLimits = SpanLimits(),
        capacity: Int? = nil,
        isPlain: Bool = true
    ) throws -> (own: SpanData, other: SpanData) {
        let processor = BatchSpanProcessor(exporter: exporter, capacity: capacity, delay: 3600)
        let tracer = SDKTracer(
            resource: Resource(attributes: ["service.name": "test"]),
            processor: processor,
            limits: limits
        )
        let start = Timestamp(nanoseconds: 1000)
        let end = Timestamp(nanoseconds: 2000)
        var own = (tracer as any Tracer).startMessageSpan(
            .process,
            on: target,
            ofKind: .consumer,
            parent: parent,
            following: [],
            link: link,
            role: role,
            details: MessageDetails(),
            at: start
        )
        // Otherwise one ordinary span would be compared with another.
        #expect(own.isPlain == isPlain)
        own.details = details
        own.end(at: end)
        tracer.startOtherSpan(
            .process,
            on: target,
            ofKind: .consumer,
            parent: parent,
            following: [],
            link,
            role,
            details,
            at: start
        )
        .end(at: end)
        processor.shutdown()
        #expect(processor.counts == SpanCounts(ended: 2, exported: 2))
        let spans = exporter.spans.withLock { $0 }
        return (try #require(spans.first), try #require(spans.last))
    }

    private func expectSame(_ pair: (own: SpanData, other: SpanData)) {
        var own = pair.own
        own.context.spanID = pair.other.context.spanID
        if pair.own.parentSpanID == nil { own.context.traceID = pair.other.context.traceID }
        #expect(own == pair.other)
        #expect(own.name == "process orders" && own.resource.attributes["service.name"] == "test")
        #expect(own.attributes["messaging.consumer.group.name"] == "billing")
    }

    @Test(
        "It says what any other span of the message would say",
        arguments: [
            MessageDetails(),
            MessageDetails(partition: 0, offset: 0, bodySize: 0, batchCount: 0, attempt: 0),
            MessageDetails(partition: .max, offset: .max, bodySize: 127, batchCount: 128, attempt: 1),
            MessageDetails(partition: .min, offset: .min, bodySize: 16_383, batchCount: 16_384, attempt: -1),
        ]
    )
    func details(details: MessageDetails) throws {
        expectSame(try both(parent: parent, link: parent, details: details))
    }

    @Test(
        "What is known of a message that was received is said as any other span says it",
        arguments: [nil, 0, 1, -1, 1_500_000_000, .min, .max] as [Int64?],
        [nil, "7", "schlüssel", String(repeating: "k", count: 91)] as [String?]
    )
    func receipts(wait: Int64?, key: String?) throws {
        var receipt = MessageReceipt()
        receipt.waitNanoseconds = wait
        receipt.lag = wait.map { $0 & .max }
        receipt.timestampType = wait.map { $0 < 0 ? .createTime : .logAppendTime } ?? .unknown
        let processor = BatchSpanProcessor(exporter: exporter, delay: 3600)
        let tracer = SDKTracer(resource: Resource(attributes: ["service.name": "test"]), processor: processor)
        func start() -> MessageSpan {
            tracer.startMessageSpan(
                .process,
                on: target,
                ofKind: .consumer,
                parent: parent,
                following: [],
                link: parent,
                role: .creation,
                details: MessageDetails(partition: 1),
                at: Timestamp(nanoseconds: 1000)
            )
        }
        let bytes = key.map { Array($0.utf8) }
        func withKey(_ body: (UnsafeRawBufferPointer?) -> Void) {
            if let bytes { bytes.withUnsafeBytes(body) } else { body(nil) }
        }
        withKey { start().finish(at: Timestamp(nanoseconds: 2000), key: $0, receipt) }
        withKey { key in
            start().kept {
                $0.setKafkaKey(key)
                receipt.fill(&$0)
            }
            .end(at: Timestamp(nanoseconds: 2000))
        }
        processor.shutdown()
        let spans = exporter.spans.withLock { $0 }
        #expect(spans.count == 2)
        var own = try #require(spans.first)
        let other = try #require(spans.last)
        own.context.spanID = other.context.spanID
        for element in other.attributes.elements { #expect(own.attributes[element.key] == element.value) }
        #expect(own.attributes.count == other.attributes.count)
        own.attributes = other.attributes
        #expect(own == other)
        #expect(own.attributes["messaging.kafka.message.key"] == key.map { .string($0) })
    }

    @Test(
        "Each role of a link",
        arguments: [MessagingConventions.LinkRole.creation, .previousAttempt, .attempt, .ambient]
    )
    func roles(role: MessagingConventions.LinkRole) throws {
        let pair = try both(parent: parent, link: parent, role: role)
        #expect(pair.own.links == [SpanLink(parent, attributes: ["stitch.link": .string(role.rawValue)])])
        expectSame(pair)
    }

    @Test("A local parent, none, one that is no span, and links with a trace state or to nobody")
    func contexts() throws {
        var local = parent
        local.isRemote = false
        var vendor = parent
        vendor.state = try #require(TraceState("vendor=1"))
        let cases: [(SpanContext?, SpanContext?, isPlain: Bool)] = [
            (local, local, true), (nil, parent, true), (.invalid, parent, true), (vendor, parent, true),
            (local, vendor, false), (local, .invalid, false),
        ]
        for (parent, link, isPlain) in cases {
            exporter.spans.withLock { $0 = [] }
            expectSame(try both(parent: parent, link: link, isPlain: isPlain))
        }
    }

    @Test("The sampler decides about one that starts a trace, by what it is and who caused it")
    func traces() throws {
        struct AskedSampler: Sampler {
            let isSampled: Bool
            func decide(_ span: SamplingRequest) -> SamplingDecision {
                #expect(span.name == "process orders" && span.kind == .consumer && span.parent == nil)
                #expect(span.following.map(\.spanID) == [SpanID(bits: 3)] && span.traceID.isValid)
                return SamplingDecision(isSampled: isSampled, state: TraceState("ot=th:8") ?? TraceState())
            }
        }
        for isSampled in [true, false] {
            let processor = BatchSpanProcessor(exporter: exporter, delay: 3600)
            let tracer = SDKTracer(
                resource: Resource(),
                processor: processor,
                sampler: AskedSampler(isSampled: isSampled)
            )
            let span = tracer.startMessageSpan(
                .process,
                on: target,
                ofKind: .consumer,
                parent: nil,
                following: [parent],
                link: parent,
                role: .creation,
                details: MessageDetails(offset: 1),
                at: nil
            )
            let context = span.context
            #expect(context.isSampled == isSampled && context.state.description == "ot=th:8")
            #expect(context.flags.contains(.random) && context.traceID != parent.traceID)
            let (isRecording, isPlain) = (span.isRecording, span.isPlain)
            #expect(isRecording == isSampled && isPlain == isSampled)
            span.end()
            processor.shutdown()
            #expect(tracer.startedCounts == (isSampled ? (1, 0) : (0, 1)))
            let spans = exporter.spans.withLock { spans in
                defer { spans = [] }
                return spans
            }
            #expect(spans.map(\.context) == (isSampled ? [context] : []))
            #expect(spans.allSatisfy { $0.parentSpanID == nil && $0.links.map(\.context) == [parent] })
        }
    }

    @Test("A sampler that reads attributes is told them")
    func attributeSampler() {
        struct ReadingSampler: Sampler {
            var readsAttributes: Bool { true }
            func decide(_ span: SamplingRequest) -> SamplingDecision {
                let isSampled = span.attributes["messaging.destination.name"] == "orders" && span.links.count == 1
                return SamplingDecision(isSampled: isSampled, state: TraceState())
            }
        }
        let tracer = SDKTracer(resource: Resource(), processor: CollectingProcessor(), sampler: ReadingSampler())
        let span = tracer.startMessageSpan(
            .process,
            on: target,
            ofKind: .consumer,
            parent: nil,
            following: [],
            link: parent,
            role: .creation,
            details: MessageDetails(),
            at: nil
        )
        let isRecording = span.isRecording
        #expect(isRecording)
        span.end()
    }

    @Test("Limits hold, and the number of spans that wait may be limited")
    func limits() throws {
        var limits = SpanLimits()
        limits.attributes = 3
        let pair = try both(parent: parent, details: MessageDetails(offset: 1), limits: limits, isPlain: false)
        #expect(pair.own.attributes.count == 3 && pair.own.droppedAttributeCount == 3)
        exporter.spans.withLock { $0 = [] }
        expectSame(try both(parent: parent, link: parent, capacity: 10))
    }

    @Test("More may be said as it ends, with a status; nobody is asked where nobody records it")
    func endWithMore() throws {
        let processor = BatchSpanProcessor(exporter: exporter, delay: 3600)
        let tracer = SDKTracer(resource: Resource(), processor: processor)
        var unsampled = parent
        unsampled.flags = []
        withTracer(tracer) {
            let failed = startMessageSpan(.send, on: target, ofKind: .producer, parent: .context(parent))
            #expect(failed.isPlain && failed.isRecording)
            failed.end(status: .error("no")) { $0.attributes["error.type"] = "NO" }
            let dropped = startMessageSpan(.send, on: target, ofKind: .producer, parent: .context(unsampled))
            #expect(dropped.context.isValid && dropped.context.traceID == parent.traceID && !dropped.isRecording)
            dropped.end(status: .unset) { _ in Issue.record("nobody asks") }
            // Dropped without an end: not exported.
            _ = startMessageSpan(.send, on: target, ofKind: .producer, parent: .context(parent))
        }
        processor.shutdown()
        let span = try #require(exporter.spans.withLock { $0.first })
        #expect(exporter.spans.withLock { $0.count } == 1)
        #expect(span.status == .error("no") && span.attributes["error.type"] == "NO" && span.start <= span.end)
    }

    @Test("A tracer that knows no such spans makes one as any other")
    func otherTracers() throws {
        struct Plain: Tracer {
            let tracer: SDKTracer
            func startSpan(
                _ name: String,
                ofKind kind: SpanKind,
                parent: SpanContext?,
                following: [SpanContext],
                at time: Timestamp?,
                _ build: (inout SpanBuilder) -> Void
            ) -> Span {
                tracer.startSpan(name, ofKind: kind, parent: parent, following: following, at: time, build)
            }
        }
        let processor = CollectingProcessor()
        let tracer: any Tracer = Plain(tracer: SDKTracer(resource: Resource(), processor: processor))
        var span = tracer.startMessageSpan(
            .process,
            on: target,
            ofKind: .consumer,
            parent: parent,
            following: [],
            link: parent,
            role: .creation,
            details: MessageDetails(offset: 1),
            at: nil
        )
        span.details.attempt = 2
        span.end(status: .ok, at: nil) { $0.addLink(self.parent, role: .attempt) }
        let data = try #require(processor.all.first)
        #expect(data.attributes["messaging.kafka.offset"] == 1 && data.attributes["stitch.job.attempt"] == 2)
        #expect(data.links.count == 2 && data.status == .ok)
    }
}
