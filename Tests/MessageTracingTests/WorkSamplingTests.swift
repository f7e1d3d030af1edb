// SPDX-License-Identifier: Apache-2.0

import MessageTracing
import TelemetryAPI
import TelemetrySDK
import Testing
import TraceContext

private struct DiscardingProcessor: SpanProcessor {
    func ended(_ span: SpanData) {}
}

@Suite("Sampling of the work on messages")
struct WorkSamplingTests {
    private let target = MessageTarget(system: "kafka", destination: "orders")
    private let dropped = SpanContext(traceID: TraceID(high: 1, low: 7), spanID: SpanID(bits: 1), flags: .random)

    private func work(
        _ sampler: any Sampler,
        _ policy: ContinuationPolicy,
        wait: Duration = .zero,
        previous: SpanContext? = nil,
        creation: SpanContext
    ) -> Span {
        let tracer = SDKTracer(resource: Resource(), processor: DiscardingProcessor(), sampler: sampler)
        return withTracer(tracer) {
            let message = ReceivedMessage(
                carrier: ContextCarrier(creation),
                wait: MessageWait(total: wait),
                previousAttempt: previous
            )
            return ProcessSpan(of: message, from: target, policy: policy).span
        }
    }

    @Test(
        "What is late or retried is kept though its sender was dropped, in its trace or another; else it is dropped",
        arguments: [ContinuationPolicy.continueTrace, .newTrace]
    )
    func rules(policy: ContinuationPolicy) {
        let sampler = RuleBasedSampler([
            .rule(.wait(atLeast: .seconds(60)), use: AlwaysOnSampler()),
            .rule(.retried, .queue("orders"), use: AlwaysOnSampler()),
        ])
        let early = work(sampler, policy, wait: .seconds(1), creation: dropped)
        #expect(early.context.isValid && !early.isRecording)
        #expect(work(sampler, policy, wait: .seconds(61), creation: dropped).isRecording)
        #expect(work(sampler, policy, previous: dropped, creation: dropped).isRecording)
    }

    @Test("A sampler that looks at attributes is told all that is known, also of a message of the usual form")
    func plain() throws {
        let sampler = RuleBasedSampler([.rule(.wait(atLeast: .seconds(60)), use: AlwaysOnSampler())])
        for (sampler, isPlain) in [(sampler, false), (FollowingSampler(), true)] as [(any Sampler, Bool)] {
            let tracer = SDKTracer(resource: Resource(), processor: DiscardingProcessor(), sampler: sampler)
            let message = ProcessSpan.PlainMessage(
                try #require(PlainCarrier(dropped, originMilliseconds: nil)),
                created: Timestamp.now.advanced(by: .seconds(-120)),
                MessageDetails(),
                .first
            )
            withTracer(tracer) {
                let span = ProcessSpan(of: message, from: target, policy: .continueTrace, key: nil)
                #expect((span != nil) == isPlain)
            }
        }
    }

    @Test("A batch is kept if one of its messages is late")
    func batch() {
        let sampler = RuleBasedSampler([.rule(.wait(atLeast: .seconds(60)), use: AlwaysOnSampler())])
        let tracer = SDKTracer(resource: Resource(), processor: DiscardingProcessor(), sampler: sampler)
        for (waits, isKept) in [([1, 61], true), ([1, 59], false)] {
            let messages = waits.map {
                ReceivedMessage(carrier: ContextCarrier(dropped), wait: MessageWait(total: .seconds($0)))
            }
            withTracer(tracer) {
                #expect(ProcessSpan(ofBatch: messages, from: target).span.isRecording == isKept)
            }
        }
    }

    @Test("A share of traces is decided by the trace that work without a context will be in")
    func reserved() {
        let sampler = TraceIDRatioSampler(0.5)
        let tracer = SDKTracer(resource: Resource(), processor: DiscardingProcessor(), sampler: sampler)
        var kept = 0
        withTracer(tracer) {
            for number in 1...200 {
                var message = ReceivedMessage(carrier: ContextCarrier())
                let spanID = RandomIDGenerator().makeSpanID()
                message.reservedIDs = ReservedIDs(root: UInt64(number), spanID: spanID)
                let context = ProcessSpan(of: message, from: target).span.context
                #expect(context.spanID == spanID)
                #expect(context.isSampled == (context.traceID.randomness >= sampler.threshold ?? .max))
                if context.isSampled { kept += 1 }
            }
        }
        #expect((50...150).contains(kept))
    }

    @Test("A new trace has the threshold and the randomness of the trace that sent the message")
    func threshold() throws {
        var kept = dropped
        kept.flags.insert(.sampled)
        kept.state = try #require(TraceState("vendor=1,ot=th:0"))
        let span = work(FollowingSampler(), .newTrace, creation: kept)
        #expect(span.isRecording && span.traceID != kept.traceID)
        #expect(span.context.state.description == "ot=th:0;rv:00000000000007")
    }
}
