// SPDX-License-Identifier: Apache-2.0

import TelemetrySDK
import Testing
import TraceContext

/// Decides the same for every span, whatever its parent says.
private struct FixedSampler: Sampler {
    let decision: Bool

    func decide(_ span: SamplingRequest) -> SamplingDecision {
        SamplingDecision(isSampled: decision, state: span.inheritedState)
    }
}

/// Gives each trace the same id, which is not random.
private struct ConstantGenerator: IDGenerator {
    private let random = RandomIDGenerator()

    func makeTraceID() -> TraceID { TraceID(high: 1, low: 1) }

    func makeSpanID() -> SpanID { random.makeSpanID() }

    var isRandom: Bool { false }
}

/// What a service sends on when it has received a request: the fields of its own request to the next.
@Suite("How traces are started and continued (W3C Trace Context Level 2, sections 3.2 to 3.5)")
struct TraceContinuationTests {
    static let traceID = "4bf92f3577b34da6a3ce929d0e0e4736"
    static let spanID = "00f067aa0ba902b7"

    private func tracer(sampler: any Sampler = FollowingSampler(), ids: any IDGenerator = RandomIDGenerator())
        -> SDKTracer
    {
        SDKTracer(resource: Resource(), processor: CollectingProcessor(), sampler: sampler, ids: ids)
    }

    private func sent(
        by tracer: some Tracer,
        on fields: [(name: String, value: String)],
        spans: Int = 1
    ) -> ContextCarrier {
        withTracer(tracer) {
            var span = startSpan("receive", parent: .carrier(ContextCarrier(httpFields: fields)))
            for _ in 1..<spans {
                let outer = span
                span = outer.makeCurrent { startSpan("inner") }
            }
            var carrier = ContextCarrier()
            tracer.inject(span, baggage: Baggage(), into: &carrier)
            return carrier
        }
    }

    private func sent(by tracer: some Tracer, onFlags flags: String, state: String? = nil, spans: Int = 1)
        -> ContextCarrier
    {
        let parent = (name: "traceparent", value: "00-\(Self.traceID)-\(Self.spanID)-\(flags)")
        return sent(by: tracer, on: [parent] + (state.map { [("tracestate", $0)] } ?? []), spans: spans)
    }

    @Test("Trace Context §3.2.2.3: Whoever starts a trace gives it an id that no other has")
    func uniqueTraceIDs() {
        let ids = (0..<1000).compactMap { _ in sent(by: tracer(), on: []).spanContext?.traceID }
        #expect(Set(ids).count == 1000)
    }

    @Test("Trace Context §3.2.2.5.2: A new trace has the random flag, and every bit of its last seven bytes is random")
    func randomIDs() {
        let contexts = (0..<4096).compactMap { _ in sent(by: tracer(), on: []).spanContext }
        #expect(contexts.allSatisfy { $0.flags.contains(.random) })
        #expect(hasRandomBits(contexts.map(\.traceID.low), count: 56))
    }

    @Test("Trace Context §9.2: Every bit of a parent-id is random")
    func randomSpanIDs() {
        let contexts = (0..<4096).compactMap { _ in sent(by: tracer(), onFlags: "01").spanContext }
        #expect(hasRandomBits(contexts.map(\.spanID.bits), count: 64))
    }

    /// Whether each of the last bits is set in about half of 4,096 words.
    ///
    /// What is allowed is ten standard deviations: a random generator is never beyond them.
    private func hasRandomBits(_ words: [UInt64], count: Int) -> Bool {
        words.count == 4096
            && (0..<count).allSatisfy { bit in abs(words.count { $0 >> UInt64(bit) & 1 == 1 } - 2048) < 320 }
    }

    @Test("Trace Context §3.2.2.5.2: A new trace whose id isn't random doesn't have the random flag")
    func notRandom() throws {
        let context = try #require(sent(by: tracer(ids: ConstantGenerator()), on: []).spanContext)
        #expect(context.flags == .sampled)
    }

    @Test(
        "Trace Context §3.2.2.5.2: A trace that is continued keeps the random flag, set or not",
        arguments: ["00", "01", "02", "03"],
        [true, false]
    )
    func keptRandomFlag(flags: String, isSampled: Bool) throws {
        for ids in [RandomIDGenerator(), ConstantGenerator()] as [any IDGenerator] {
            for spans in 1...3 {
                let tracer = tracer(sampler: FixedSampler(decision: isSampled), ids: ids)
                let context = try #require(sent(by: tracer, onFlags: flags, spans: spans).spanContext)
                #expect(context.flags.contains(.random) == ["02", "03"].contains(flags))
            }
        }
    }

    @Test(
        "Trace Context §3.2.2.5.1: A span is sampled if its parent was, and says so",
        arguments: ["00", "01", "02", "03", "fc", "fd"]
    )
    func followedSampledFlag(flags: String) throws {
        let context = try #require(sent(by: tracer(), onFlags: flags).spanContext)
        #expect(context.isSampled == ["01", "03", "fd"].contains(flags))
    }

    @Test(
        "Trace Context §3.4: The sampled flag changes only together with a new parent-id",
        arguments: ["00", "01", "02", "03"],
        [true, false]
    )
    func sampledFlag(flags: String, decision: Bool) throws {
        let tracer = tracer(sampler: FixedSampler(decision: decision))
        let context = try #require(sent(by: tracer, onFlags: flags).spanContext)
        #expect(context.isSampled == decision)
        #expect(context.spanID.description != Self.spanID)
        #expect(context.traceID.description == Self.traceID)
    }

    @Test("Trace Context §3.4: Of a continued trace nothing changes but parent-id and known flags", arguments: 0...255)
    func allowedMutations(flags: Int) throws {
        let digits = String(256 + flags, radix: 16).suffix(2)
        let parent = try #require(sent(by: tracer(), onFlags: String(digits))["traceparent"])
        let fields = parent.split(separator: "-")
        #expect(fields.map(\.count) == [2, 32, 16, 2])
        #expect(fields[0] == "00")
        #expect(fields[1] == Self.traceID)
        #expect(fields[2] != Self.spanID)
        #expect(fields[3] == "0\(flags & 3)")
    }

    @Test(
        "Trace Context §3.4: A request with a traceparent leads to one with it, sampled or not",
        arguments: ["00", "01"]
    )
    func sentOn(flags: String) throws {
        for spans in 1...3 {
            let context = try #require(sent(by: tracer(), onFlags: flags, spans: spans).spanContext)
            #expect(context.traceID.description == Self.traceID)
        }
    }

    @Test(
        "Trace Context §3.4: A request without a traceparent leads to one with it, sampled or not",
        arguments: [true, false]
    )
    func started(isSampled: Bool) throws {
        let sent = sent(by: tracer(sampler: FixedSampler(decision: isSampled)), on: [])
        let context = try #require(sent.spanContext)
        #expect(context.isSampled == isSampled)
    }

    @Test("Trace Context §3.4: A trace that is started anew has new ids and none of the old tracestate")
    func restarted() throws {
        var carrier = ContextCarrier()
        carrier["traceparent"] = "00-\(Self.traceID)-\(Self.spanID)-01"
        carrier["tracestate"] = "a=1"
        let old = try #require(carrier.spanContext)
        try #require(!old.state.isEmpty)
        let span = tracer().startSpan("s", ofKind: .consumer, parent: nil, following: [old], at: nil) {
            $0.addLink(old)
        }
        #expect(span.traceID != old.traceID)
        #expect(span.spanID != old.spanID)
        #expect(span.context.state.isEmpty)
    }

    @Test(
        "Trace Context §3.4: Where nobody traces, both fields go on as they were",
        arguments: ["00", "01", "02", "03"],
        [nil, "a=1", "b= 2,a=1,c=3 4"]
    )
    func passedThrough(flags: String, state: String?) {
        let sent = sent(by: NoOpTracer(), onFlags: flags, state: state)
        #expect(sent["traceparent"] == "00-\(Self.traceID)-\(Self.spanID)-\(flags)")
        #expect(sent["tracestate"] == state)
    }

    @Test("Trace Context §3.4: Of a higher version 00 is sent on")
    func downgraded() throws {
        let field = (name: "traceparent", value: "cc-\(Self.traceID)-\(Self.spanID)-07-more")
        let parent = try #require(sent(by: tracer(), on: [field])["traceparent"])
        #expect(parent.hasPrefix("00-\(Self.traceID)-"))
        #expect(parent.hasSuffix("-03"))
    }

    @Test(
        "Trace Context §3.5: A received tracestate is sent on with all its members in order",
        arguments: ["00", "01"],
        ["a=1", "b= 2,a=1,c=3 4", "a=1,b=2,a=3", (0..<32).map { "k\($0)=v" }.joined(separator: ",")]
    )
    func state(flags: String, state: String) {
        #expect(sent(by: tracer(), onFlags: flags, state: state, spans: 2)["tracestate"] == state)
    }

    @Test("Trace Context §3.3: Nothing of an application's is written to tracestate")
    func ownState() {
        #expect(sent(by: tracer(), on: [(name: "baggage", value: "user=alice")])["tracestate"] == nil)
        #expect(sent(by: tracer(), onFlags: "01", state: "a=1")["tracestate"] == "a=1")
    }

    @Test(
        "Trace Context §4.1.2: A traceparent that can't be read starts a trace, without the tracestate beside it",
        arguments: [
            "", "garbage", "ff-\(traceID)-\(spanID)-01", "0-\(traceID)-\(spanID)-01", "cc-\(traceID)-\(spanID)-0",
            "00-\(traceID.uppercased())-\(spanID)-01", "00-\(traceID)-0000000000000000-01",
            "00-\(traceID)-\(spanID)-0x",
        ]
    )
    func unreadable(parent: String) throws {
        let sent = sent(by: tracer(), on: [(name: "traceparent", value: parent), (name: "tracestate", value: "a=1")])
        let context = try #require(sent.spanContext)
        #expect(context.traceID.description != Self.traceID)
        #expect(sent["tracestate"] == nil)
    }

    @Test("Trace Context §4.1.1: A tracestate without a traceparent is discarded, and a trace started")
    func stateAlone() {
        let sent = sent(by: tracer(), on: [(name: "tracestate", value: "a=1")])
        #expect(sent.spanContext?.isValid == true)
        #expect(sent["tracestate"] == nil)
    }

    @Test("Trace Context §9.1: Each span that sends has a parent-id of its own")
    func ownSpanIDs() {
        let ids = (0..<1000).compactMap { _ in sent(by: tracer(), onFlags: "00").spanContext?.spanID }
        #expect(Set(ids).count == 1000)
    }

    @Test("A parent that is no span, as there is where nobody traces, makes a span a root with ids of its own")
    func invalidParent() {
        let nothing = NoOpTracer().startSpan("s", ofKind: .internal, parent: nil, following: [], at: nil) { _ in }
        let span = nothing.makeCurrent { withTracer(tracer()) { startSpan("s") } }
        #expect(span.context.isValid)
        #expect(span.context.flags == [.sampled, .random])
    }
}
