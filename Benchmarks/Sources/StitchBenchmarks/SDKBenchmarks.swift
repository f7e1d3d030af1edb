// SPDX-License-Identifier: Apache-2.0

import MessageTracing
import Synchronization
import TelemetryAPI
import TelemetryData
import TelemetrySDK
import TraceContext

/// What a span costs from its start to its end, the hand-over to the exporter's thread and the final flush included.
///
/// The span: a remote parent, eight attributes (four of text, four numbers) and a link with one attribute. The exporter
/// discards, nothing is dropped; the naive twin is a class with a dictionary and a lock.
enum SDKBenchmarks: BenchmarkGroup {
    static let name = "sdk"

    private struct DiscardingExporter: SpanExporter {
        func export(_ batch: SpanBatch) throws {}
    }

    private struct NeverSampler: Sampler {
        func decide(_ span: SamplingRequest) -> SamplingDecision {
            SamplingDecision(isSampled: false, state: TraceState())
        }
    }

    private struct Lost: Error {}

    static func run() async throws -> [Figure] {
        let processor = BatchSpanProcessor(exporter: DiscardingExporter(), whenFull: .wait)
        let resource = Resource(attributes: ["service.name": "bench"])
        let sampled = SDKTracer(resource: resource, processor: processor)
        let refusing = SDKTracer(resource: resource, processor: processor, sampler: NeverSampler())
        let (parent, target) = (parent, target)
        var unsampledParent = parent
        unsampledParent.flags = .random
        let naive = NaiveTracer()
        let noOp: any Tracer = opaque(NoOpTracer())

        let contest = Contest(entries: [
            .init(name: "sdk.span_sampled") { count in
                for index in 0..<count { span(by: sampled, parent, index).end() }
                processor.flush()
            },
            .init(name: "sdk.span_sampled_scoped") { count in
                for index in 0..<count {
                    let span = span(by: sampled, parent, index)
                    span.makeCurrent { blackHole(index) }
                    span.end()
                }
                processor.flush()
            },
            .init(name: "sdk.messaging_span_sampled") { count in
                for index in 0..<count { messageSpan(by: sampled, target, parent, index) }
                processor.flush()
            },
            .init(name: "sdk.span_sampled_naive") { count in
                for index in 0..<count { naive.span(parent, index).end() }
                naive.flush()
            },
            .init(name: "sdk.span_unsampled") { count in
                for index in 0..<count { span(by: sampled, unsampledParent, index).end() }
            },
            .init(name: "sdk.span_refused") { count in
                for index in 0..<count { span(by: refusing, parent, index).end() }
            },
            .init(name: "sdk.span_noop") { count in
                for index in 0..<count { span(by: noOp, parent, index).end() }
            },
        ])
        var figures = await contest.run()
        // What is still to be exported would be counted with the spans that are measured next.
        processor.flush()
        let allocations = try Allocations.perExecution(rounding: .toNearestOrEven) { count in
            for index in 0..<count { span(by: sampled, parent, index).end() }
        }
        figures.append(Figure(name: "sdk.span_allocations", value: allocations, unit: .count))
        processor.flush()
        let messageAllocations = try Allocations.perExecution(rounding: .toNearestOrEven) { count in
            for index in 0..<count { messageSpan(by: sampled, target, parent, index) }
        }
        figures.append(Figure(name: "sdk.messaging_span_allocations", value: messageAllocations, unit: .count))
        guard processor.counts.dropped == 0 else { throw Lost() }
        return figures + (try await BatchBenchmarks.run())
    }

    private static let parent = SpanContext(
        traceID: TraceID(high: 1, low: 2),
        spanID: SpanID(bits: 3),
        flags: [.sampled, .random],
        isRemote: true
    )
    private static let target = MessageTarget(system: "kafka", destination: "orders", consumerGroup: "billing")

    /// Starts and ends a span by the general API.
    static func endSpan(by tracer: any Tracer, _ index: Int) { span(by: tracer, parent, index).end() }

    /// Starts and ends a span by the path of messaging.
    static func endMessageSpan(by tracer: any Tracer, _ index: Int) { messageSpan(by: tracer, target, parent, index) }

    /// The same by the path of messaging: what the target knows is prepared, the rest is known as the message is done.
    @inline(never)
    private static func messageSpan(by tracer: any Tracer, _ target: MessageTarget, _ parent: SpanContext, _ index: Int)
    {
        var span = tracer.startMessageSpan(
            .process,
            on: target,
            ofKind: .consumer,
            parent: parent,
            following: [],
            link: parent,
            role: .creation,
            details: MessageDetails(offset: Int64(index), bodySize: 300),
            at: nil
        )
        span.details.attempt = 1
        span.end()
    }

    @inline(never)
    private static func span(by tracer: any Tracer, _ parent: SpanContext, _ index: Int) -> Span {
        tracer.startSpan("process orders", ofKind: .consumer, parent: parent, following: [], at: nil) { builder in
            builder.set("messaging.system", "kafka")
            builder.set("messaging.operation.name", "process")
            builder.set("messaging.destination.name", "orders")
            builder.set("messaging.consumer.group.name", "billing")
            builder.set("messaging.kafka.offset", index)
            builder.set("messaging.batch.message_count", 1)
            builder.set("messaging.message.body.size", 300)
            builder.set("stitch.job.attempt", 1)
            builder.addLink(parent, role: .creation)
        }
    }
}

/// Spans without a thought for speed: what a first attempt at a tracer looks like.
private final class NaiveTracer: Sendable {
    final class Span: Sendable {
        struct State {
            var attributes: [String: AttributeValue] = [:]
            var links: [(SpanContext, [String: AttributeValue])] = []
            var isEnded = false
        }

        let name: String
        let context: SpanContext
        let parent: SpanContext
        let start = Timestamp.now
        let state = Mutex(State())
        let tracer: NaiveTracer

        init(_ name: String, _ context: SpanContext, parent: SpanContext, tracer: NaiveTracer) {
            self.name = name
            self.context = context
            self.parent = parent
            self.tracer = tracer
        }

        func end() {
            let isFirst = state.withLock { state in
                defer { state.isEnded = true }
                return !state.isEnded
            }
            if isFirst { tracer.finished.withLock { $0.append(self) } }
        }
    }

    let finished = Mutex<[Span]>([])

    func span(_ parent: SpanContext, _ index: Int) -> Span {
        let context = SpanContext(
            traceID: parent.traceID,
            spanID: SpanID(bits: .random(in: 1 ... .max)),
            flags: parent.flags
        )
        let span = Span("process orders", context, parent: parent, tracer: self)
        span.state.withLock { state in
            state.attributes["messaging.system"] = "kafka"
            state.attributes["messaging.operation.name"] = "process"
            state.attributes["messaging.destination.name"] = "orders"
            state.attributes["messaging.consumer.group.name"] = "billing"
            state.attributes["messaging.kafka.offset"] = .int(Int64(index))
            state.attributes["messaging.batch.message_count"] = 1
            state.attributes["messaging.message.body.size"] = 300
            state.attributes["stitch.job.attempt"] = 1
            state.links.append((parent, ["stitch.link": "creation"]))
        }
        return span
    }

    func flush() { finished.withLock { $0.removeAll(keepingCapacity: true) } }
}
