// SPDX-License-Identifier: Apache-2.0

import TelemetrySDK
import Testing

/// Ids from a seed, so that what is tested by statistics comes out the same each time.
private final class SeededIDs: IDGenerator {
    private let numbers: Numbers

    init(seed: UInt64) { numbers = Numbers(seed) }

    func makeTraceID() -> TraceID { TraceID(high: numbers.next() | 1, low: numbers.next()) }

    func makeSpanID() -> SpanID { SpanID(bits: numbers.next() | 1) }

    let isRandom = true
}

private struct Unreadable: Error {}

/// Flows of several services: an origin sends messages, each starts a trace somewhere, which sends messages again.
@Suite("Sampling of flows")
struct FlowSamplingTests {
    private let processor = CollectingProcessor()
    private let count = 400

    private func tracer(_ sampler: any Sampler, seed: UInt64) -> SDKTracer {
        SDKTracer(resource: Resource(), processor: processor, sampler: sampler, ids: SeededIDs(seed: seed))
    }

    /// What comes out of a process, as the next one reads it.
    private func received(_ span: Span) throws -> SpanContext {
        guard let context = ContextCarrier(span.context).spanContext else { throw Unreadable() }
        return context
    }

    /// The origin's message starts two traces in the first service, each of whose messages starts one in the next, and so
    /// on; at the end one trace is caused by all that is left.
    ///
    /// - Returns: The contexts of all spans but the origin's.
    private func flow(from origin: SpanContext, through services: [SDKTracer]) throws -> [SpanContext] {
        var all: [SpanContext] = []
        var messages = [origin, origin]
        for service in services {
            messages = try messages.map { message in
                let work = service.startSpan("process", ofKind: .consumer, parent: nil, following: [message], at: nil) {
                    _ in
                }
                let send = service.startSpan("send", ofKind: .producer, parent: work.context, following: [], at: nil) {
                    _ in
                }
                all += [work.context, send.context]
                return try received(send)
            }
        }
        let batch = services[0].startSpan("process", ofKind: .consumer, parent: nil, following: messages, at: nil) {
            _ in
        }
        return all + [batch.context]
    }

    /// Lets many flows run.
    ///
    /// - Returns: How many of them were kept.
    private func kept(_ services: [SDKTracer], _ origin: () throws -> SpanContext) throws -> Int {
        var kept = 0
        // Counted first and expected once: each expectation takes longer than a flow.
        var (torn, wrong) = (0, 0)
        for _ in 0..<count {
            let origin = try origin()
            let flow = try flow(from: origin, through: services)
            if flow.contains(where: { !$0.isValid || $0.isSampled != origin.isSampled }) { torn += 1 }
            let threshold = origin.state.openTelemetry.threshold
            if flow.contains(where: { $0.state.openTelemetry.threshold != threshold }) { wrong += 1 }
            if Set(flow.map(\.traceID)).union([origin.traceID]).count != 2 + 2 * services.count { wrong += 1 }
            if origin.isSampled { kept += 1 }
        }
        #expect(torn == 0, "flows were kept in part")
        #expect(wrong == 0, "thresholds or traces are not as they should be")
        return kept
    }

    private func start(_ tracer: SDKTracer) throws -> SpanContext {
        try received(tracer.startSpan("GET /", ofKind: .server, parent: nil, following: [], at: nil) { _ in })
    }

    /// Five standard deviations round what is to be expected.
    private func isNear(_ kept: Int, _ ratio: Double) -> Bool {
        let expected = Double(count) * ratio
        return abs(Double(kept) - expected) <= 5 * (expected * (1 - ratio)).squareRoot()
    }

    @Test("A flow is kept or dropped whole across its links, as its origin was", arguments: [0.0, 0.05, 0.5, 1.0])
    func following(ratio: Double) throws {
        let services = (1...3).map { tracer(FollowingSampler(origin: TraceIDRatioSampler(ratio)), seed: $0) }
        let kept = try kept(services) { try start(services[0]) }
        #expect(isNear(kept, ratio))
    }

    @Test("It is so too where every service asks for the same threshold by itself", arguments: [0.05, 0.5])
    func thresholds(ratio: Double) throws {
        let services = (1...3).map { tracer(TraceIDRatioSampler(ratio), seed: $0) }
        let kept = try kept(services) { try start(services[0]) }
        #expect(isNear(kept, ratio))
    }

    @Test("It is so too where some services follow and others ask for the same threshold", arguments: [0.05, 0.5])
    func mixed(ratio: Double) throws {
        let services = [
            tracer(FollowingSampler(origin: TraceIDRatioSampler(ratio)), seed: 1),
            tracer(TraceIDRatioSampler(ratio), seed: 2),
            tracer(ParentBasedSampler(), seed: 3),
            tracer(ParentBasedSampler(root: TraceIDRatioSampler(ratio)), seed: 4),
        ]
        let kept = try kept(services) { try start(services[0]) }
        #expect(isNear(kept, ratio))
    }

    @Test("It is so too where the origin was sampled by software that writes no threshold", arguments: [0.05, 0.5])
    func silentOrigin(ratio: Double) throws {
        let services = (1...3).map { tracer(FollowingSampler(origin: TraceIDRatioSampler(0.3)), seed: $0) }
        let numbers = Numbers(5)
        let kept = try kept(services) {
            SpanContext(
                traceID: TraceID(high: numbers.next() | 1, low: numbers.next()),
                spanID: SpanID(bits: numbers.next() | 1),
                flags: Double(numbers.next() >> 11) * 0x1p-53 < ratio ? .sampled : [],
                isRemote: true
            )
        }
        #expect(isNear(kept, ratio))
    }

    @Test("A service that asks for a lower share keeps a part of the flows that others keep, and no other")
    func nested() throws {
        let entry = tracer(FollowingSampler(origin: TraceIDRatioSampler(0.5)), seed: 1)
        let frugal = tracer(TraceIDRatioSampler(0.1), seed: 2)
        var kept = 0
        for _ in 0..<count {
            let origin = try start(entry)
            let work = frugal.startSpan("process", ofKind: .consumer, parent: nil, following: [origin], at: nil) { _ in
            }
            if work.context.isSampled { kept += origin.isSampled ? 1 : count }
        }
        #expect(isNear(kept, 0.1))
    }

    @Test("A recorded span says its threshold, and its randomness reaches it")
    func consistent() throws {
        let services = (1...3).map { tracer(FollowingSampler(origin: TraceIDRatioSampler(0.25)), seed: $0) }
        _ = try kept(services) { try start(services[0]) }
        for service in services { withTracer(service) { withSpan("origin") { $0.end() } } }
        #expect(!processor.all.isEmpty)
        #expect(
            processor.all.allSatisfy { span in
                span.context.state.openTelemetry.threshold.map { span.context.randomness >= $0 } ?? false
            }
        )
    }
}
