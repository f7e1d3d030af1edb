// SPDX-License-Identifier: Apache-2.0

import TelemetrySDK
import Testing

@Suite("A sampler of rules")
struct RuleBasedSamplerTests {
    private typealias Attribute = MessagingConventions.Attribute

    private let processor = CollectingProcessor()

    private func request(
        _ name: String = "process jobs/mail",
        _ kind: SpanKind = .consumer,
        _ attributes: Attributes = Attributes(),
        links: [SpanLink] = []
    ) -> SamplingRequest {
        SamplingRequest(
            traceID: TraceID(high: 1, low: 1),
            name: name,
            kind: kind,
            attributes: attributes,
            links: links
        )
    }

    private func holds(_ condition: SamplingCondition, _ request: SamplingRequest) -> Bool {
        RuleBasedSampler([.rule(condition, use: AlwaysOnSampler())], otherwise: AlwaysOffSampler())
            .decide(request).isSampled
    }

    @Test("A rule can look at the name, the kind, an attribute, the queue, the attempt and the wait")
    func conditions() {
        #expect(holds(.name("a"), request("a")) && !holds(.name("a"), request("ab")))
        #expect(holds(.name(startsWith: "a"), request("ab")) && !holds(.name(startsWith: "a"), request("ba")))
        #expect(holds(.kind(.consumer), request()) && !holds(.kind(.producer), request()))
        #expect(holds(.attribute("k", 1), request("", .client, ["k": 1])))
        #expect(!holds(.attribute("k", 1), request("", .client, ["k": 2])) && !holds(.attribute("k", 1), request()))
        #expect(holds(.queue("mail"), request("", .consumer, [Attribute.destinationName: "mail"])))
        #expect(holds(.queue("mail"), request("", .consumer, [Attribute.jobQueue: "mail"])))
        #expect(!holds(.queue("mail"), request("", .consumer, [Attribute.jobKind: "mail"])))
        #expect(holds(.attempt(atLeast: 2), request("", .consumer, [Attribute.jobAttempt: 2])))
        #expect(!holds(.attempt(atLeast: 2), request("", .consumer, [Attribute.jobAttempt: 1])))
        #expect(!holds(.attempt(atLeast: 1), request()))
        #expect(holds(.wait(atLeast: .seconds(60)), request("", .consumer, [Attribute.wait: 60.0])))
        #expect(!holds(.wait(atLeast: .seconds(60)), request("", .consumer, [Attribute.wait: 59.9])))
        #expect(!holds(.wait(atLeast: .zero), request()))
        #expect(holds(.root, request()))
    }

    @Test("What was tried before is known by the attempt's number or by the link to the previous one")
    func retried() {
        let previous = SpanLink(.invalid, attributes: [Attribute.linkRole: "previous_attempt"])
        let creation = SpanLink(.invalid, attributes: [Attribute.linkRole: "creation"])
        #expect(holds(.retried, request("", .consumer, [Attribute.jobAttempt: 2])))
        #expect(holds(.retried, request("", .consumer, links: [creation, previous])))
        #expect(!holds(.retried, request("", .consumer, [Attribute.jobAttempt: 1], links: [creation])))
    }

    @Test("All conditions of a rule must hold, and the first rule that holds counts")
    func order() {
        let sampler = RuleBasedSampler(
            [
                .rule(.kind(.consumer), .name("a"), use: AlwaysOffSampler()),
                .rule(.kind(.consumer), use: AlwaysOnSampler()),
            ],
            otherwise: AlwaysOffSampler()
        )
        #expect(!sampler.decide(request("a")).isSampled)
        #expect(sampler.decide(request("b")).isSampled)
        #expect(!sampler.decide(request("b", .producer)).isSampled)
    }

    @Test("Attributes are read only where a rule, or a sampler in it, looks at them")
    func readsAttributes() {
        func reads(_ condition: SamplingCondition, _ sampler: any Sampler = AlwaysOnSampler()) -> Bool {
            RuleBasedSampler([.rule(condition, use: sampler)]).readsAttributes
        }
        #expect(!reads(.name("a")) && !reads(.kind(.consumer)) && !reads(.root))
        #expect(reads(.attribute("k", 1)) && reads(.queue("q")) && reads(.retried) && reads(.attempt(atLeast: 2)))
        let inner = RuleBasedSampler([.rule(.wait(atLeast: .seconds(1)), use: AlwaysOnSampler())])
        #expect(reads(.name("a"), inner))
        #expect(RuleBasedSampler([], otherwise: inner).readsAttributes)
        #expect(FollowingSampler(origin: inner).readsAttributes)
        #expect(ParentBasedSampler(root: AlwaysOnSampler(), localNotSampled: inner).readsAttributes)
        #expect(UntrustedSenderSampler(inner).readsAttributes)
    }

    @Test("What is late is kept though its origin was dropped, and what it causes goes with it")
    func late() throws {
        let sampler = RuleBasedSampler([.rule(.wait(atLeast: .seconds(60)), use: AlwaysOnSampler())])
        let tracer = SDKTracer(resource: Resource(), processor: processor, sampler: sampler)
        let dropped = SpanContext(traceID: TraceID(high: 1, low: 7), spanID: SpanID(bits: 1), isRemote: true)
        func process(wait: Double, parent: SpanContext?) -> Span {
            tracer.startSpan("process q", ofKind: .consumer, parent: parent, following: [dropped], at: nil) {
                $0.attributes[Attribute.wait] = .double(wait)
            }
        }
        for parent in [nil, dropped] {
            #expect(!process(wait: 1, parent: parent).isRecording)
            let late = process(wait: 61, parent: parent)
            #expect(late.isRecording)
            let child = tracer.startSpan("send p", ofKind: .producer, parent: late.context, following: [], at: nil) {
                _ in
            }
            #expect(child.isRecording)
        }
    }
}
