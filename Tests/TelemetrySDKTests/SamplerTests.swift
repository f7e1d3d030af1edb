// SPDX-License-Identifier: Apache-2.0

import TelemetrySDK
import Testing

@Suite("Samplers")
struct SamplerTests {
    private let half: UInt64 = 1 << 55

    private func trace(_ randomness: UInt64) -> TraceID { TraceID(high: 1, low: 0xab << 56 | randomness) }

    private func context(
        _ randomness: UInt64 = 5,
        sampled: Bool,
        _ state: String = "",
        remote: Bool = false
    ) throws -> SpanContext {
        SpanContext(
            traceID: trace(randomness),
            spanID: SpanID(bits: 1),
            flags: sampled ? [.sampled, .random] : .random,
            state: try #require(TraceState(state)),
            isRemote: remote
        )
    }

    private func root(_ randomness: UInt64 = 5, following: [SpanContext] = []) -> SamplingRequest {
        SamplingRequest(traceID: trace(randomness), following: following)
    }

    private func child(of parent: SpanContext) -> SamplingRequest {
        SamplingRequest(traceID: parent.traceID, parent: parent)
    }

    @Test(
        "A ratio is a threshold of 56 bits, to four significant digits",
        arguments: [
            (1, "th:0"), (2, "th:0"), (0.5, "th:8"), (0.25, "th:c"), (0.75, "th:4"), (0.1, "th:e666"),
            (0.01, "th:fd70a"), (0.001, "th:ffbe77"), (1.0 / 3, "th:aaab"), (0x1p-56, "th:ffffffffffffff"),
        ] as [(Double, String)]
    )
    func ratios(ratio: Double, member: String) {
        let decision = TraceIDRatioSampler(ratio).decide(root(TraceID.greatestRandomness))
        #expect(decision.isSampled)
        #expect(decision.state.description == "ot=\(member)")
    }

    @Test("A ratio of nothing, or of no number, records nothing", arguments: [0, -1, .nan, 0x1p-57])
    func nothing(ratio: Double) {
        let decision = TraceIDRatioSampler(ratio).decide(root(TraceID.greatestRandomness))
        #expect(!decision.isSampled && decision.state.isEmpty)
    }

    @Test("A trace is kept whose randomness is no less than the threshold; the first byte of the half id doesn't count")
    func edge() {
        let sampler = TraceIDRatioSampler(0.5)
        #expect(sampler.decide(root(half)).isSampled)
        #expect(!sampler.decide(root(half - 1)).isSampled)
        #expect(sampler.decide(root(half - 1)).state.isEmpty)
    }

    @Test("The trace state's randomness counts in place of the trace id's, and a threshold that no longer holds goes")
    func explicitRandomness() throws {
        let sampler = TraceIDRatioSampler(0.5)
        let high = try context(0, sampled: true, "a=1,ot=rv:80000000000000;th:1;x:y")
        let kept = sampler.decide(child(of: high))
        #expect(kept.isSampled && kept.state.description == "ot=th:8;rv:80000000000000;x:y,a=1")
        let low = try context(half, sampled: true, "a=1,ot=rv:7fffffffffffff;th:1")
        let dropped = sampler.decide(child(of: low))
        #expect(!dropped.isSampled && dropped.state.description == "ot=rv:7fffffffffffff,a=1")
    }

    @Test("Where a threshold is asked for, the creating trace's randomness decides about a new root, and goes along")
    func linkedRatio() throws {
        let sampler = TraceIDRatioSampler(0.5)
        let kept = sampler.decide(root(0, following: [try context(half, sampled: false)]))
        #expect(kept.isSampled && kept.state.description == "ot=th:8;rv:80000000000000")
        let dropped = sampler.decide(root(half, following: [try context(1, sampled: true)]))
        #expect(!dropped.isSampled && dropped.state.description == "ot=rv:00000000000001")
        let several = [try context(1, sampled: true), try context(2, sampled: true, "ot=rv:90000000000000"), .invalid]
        let batch = sampler.decide(root(0, following: several))
        #expect(batch.isSampled && batch.state.description == "ot=th:8;rv:90000000000000")
        // What starts a trace because of nothing that can be named is decided by itself.
        #expect(sampler.decide(root(half, following: [.invalid])).state.description == "ot=th:8")
    }

    @Test("On and off are on and off; a parent's threshold doesn't outlive the decision that it stood for")
    func constant() throws {
        let parent = try context(sampled: true, "a=1,ot=th:0001")
        #expect(AlwaysOnSampler().decide(child(of: parent)).state.description == "ot=th:0,a=1")
        #expect(AlwaysOffSampler().decide(child(of: parent)).state.description == "a=1")
        let plain = try context(sampled: false, "a=1")
        #expect(AlwaysOnSampler().decide(child(of: plain)) == SamplingDecision(isSampled: true, state: plain.state))
        #expect(AlwaysOffSampler().decide(child(of: plain)) == SamplingDecision(isSampled: false, state: plain.state))
        #expect(AlwaysOnSampler().decide(root()).state.isEmpty)
    }

    @Test(
        "A linked root that follows is sampled if any that caused it is, with the threshold and the randomness of those"
    )
    func following() throws {
        let sampler = FollowingSampler(origin: AlwaysOffSampler())
        func decide(_ following: SpanContext...) -> String {
            let decision = sampler.decide(root(following: following))
            return "\(decision.isSampled) \(decision.state)"
        }
        let even = try context(half, sampled: true, "v=1,ot=th:8")
        let most = try context(half + 1, sampled: true, "ot=th:01")
        let silent = try context(3, sampled: true, "v=1")
        let dropped = try context(7, sampled: false, "v=1")
        #expect(decide(even) == "true ot=th:8;rv:80000000000000")
        #expect(decide(even, most) == "true ot=th:01;rv:80000000000001")
        // Of one nothing is known, so nothing is of all.
        #expect(decide(even, silent) == "true ot=rv:80000000000000")
        // One that was dropped has no threshold to tell.
        #expect(decide(even, dropped) == "true ot=th:8;rv:80000000000000")
        #expect(decide(silent) == "true ")
        #expect(decide(dropped) == "false ot=rv:00000000000007")
        // A threshold above the randomness is a lie.
        #expect(decide(try context(7, sampled: true, "ot=th:8")) == "true ot=rv:00000000000007")
        #expect(decide(.invalid) == "false ")
    }

    @Test("A child follows its parent, whatever it links to, and leaves the trace state as it is")
    func followsParent() throws {
        for sampled in [true, false] {
            var request = child(of: try context(sampled: sampled, "a=1,ot=th:0"))
            request.following = [try context(sampled: !sampled, "ot=th:8")]
            let decision = FollowingSampler().decide(request)
            #expect(decision.isSampled == sampled && decision.state.description == "a=1,ot=th:0")
        }
    }

    @Test(
        "A parent-based sampler asks by where the parent is from and whether it was sampled",
        arguments: [0, 1, 2, 3]
    )
    func parentBased(which: Int) throws {
        func sampler(_ index: Int) -> any Sampler { index == which ? AlwaysOnSampler() : AlwaysOffSampler() }
        let parentBased = ParentBasedSampler(
            root: AlwaysOffSampler(),
            remoteSampled: sampler(0),
            remoteNotSampled: sampler(1),
            localSampled: sampler(2),
            localNotSampled: sampler(3)
        )
        let decisions = try [(true, true), (true, false), (false, true), (false, false)].map { remote, sampled in
            parentBased.decide(child(of: try context(sampled: sampled, remote: remote))).isSampled
        }
        #expect(decisions == [0, 1, 2, 3].map { $0 == which })
        #expect(!parentBased.decide(root()).isSampled)
    }

    @Test("A parent-based sampler follows where it isn't told otherwise, and leaves the trace state as it is")
    func parentBasedDefault() throws {
        for sampled in [true, false] {
            let parent = try context(sampled: sampled, "a=1,ot=th:1")
            let decision = ParentBasedSampler().decide(child(of: parent))
            #expect(decision == SamplingDecision(isSampled: sampled, state: parent.state))
        }
        #expect(ParentBasedSampler().decide(root()).isSampled)
        #expect(!ParentBasedSampler().decide(root(following: [try context(sampled: false)])).isSampled)
    }

    @Test("Of two thresholds in a row the greater holds; where one isn't known, none is")
    func thresholdsInARow() throws {
        let sampler = ParentBasedSampler(
            remoteSampled: TraceIDRatioSampler(0.5),
            localSampled: AlwaysOnSampler(),
            localNotSampled: TraceIDRatioSampler(0.5)
        )
        func state(_ parent: SpanContext) -> String { sampler.decide(child(of: parent)).state.description }
        #expect(state(try context(half, sampled: true, "ot=th:4", remote: true)) == "ot=th:8")
        #expect(state(try context(half << 1 - 1, sampled: true, "ot=th:c", remote: true)) == "ot=th:c")
        #expect(state(try context(half, sampled: true, "a=1", remote: true)) == "a=1")
        #expect(state(try context(half, sampled: true, "ot=th:4")) == "ot=th:4")
        #expect(state(try context(half, sampled: false, "a=1")) == "a=1")
    }

    @Test("Where senders aren't believed, their flag, threshold and randomness don't count, and the trace goes on")
    func untrusted() throws {
        let sampler = UntrustedSenderSampler(
            of: [.server, .consumer],
            FollowingSampler(origin: TraceIDRatioSampler(0.5))
        )
        func decide(_ kind: SpanKind, _ parent: SpanContext?, _ following: [SpanContext] = []) -> String {
            let trace = parent?.traceID ?? trace(half)
            let decision = sampler.decide(
                SamplingRequest(traceID: trace, kind: kind, parent: parent, following: following)
            )
            return "\(decision.isSampled) \(decision.state)"
        }
        let boast = "a=1,ot=rv:ffffffffffffff;th:0"
        #expect(decide(.server, try context(1, sampled: true, boast, remote: true)) == "false a=1")
        #expect(decide(.server, try context(half, sampled: false, "a=1", remote: true)) == "true ot=th:8,a=1")
        #expect(decide(.client, try context(1, sampled: true, boast, remote: true)) == "true \(boast)")
        #expect(decide(.server, try context(1, sampled: true, boast)) == "true \(boast)")
        #expect(decide(.consumer, nil, [try context(1, sampled: false, remote: true)]) == "true ot=th:8")
        #expect(decide(.consumer, nil, [try context(1, sampled: false)]) == "false ot=rv:00000000000001")
    }
}
