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
