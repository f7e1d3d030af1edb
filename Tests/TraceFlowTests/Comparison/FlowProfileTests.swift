// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import Testing

@testable import TraceFlow

@Suite("What is usual for a kind of flow")
struct FlowProfileTests {
    private typealias Attribute = MessagingConventions.Attribute
    private static let kind = FlowKind(service: "shop", name: "place order")

    /// An order whose work takes and waits so long, in milliseconds.
    private func order(
        _ number: UInt64,
        work: Int = 10,
        wait: Double = 100,
        hasMail: Bool = false,
        fails: Bool = false,
        isWorkedOn: Bool = true
    ) -> Flow {
        let send = Fixture.context(number, 2)
        var spans = [
            Fixture.span("place order", trace: number, 1, start: 0),
            Fixture.span("send orders", trace: number, 2, parent: 1, start: 0),
        ]
        if isWorkedOn {
            spans.append(
                Fixture.span(
                    "process orders",
                    trace: number,
                    3,
                    parent: 2,
                    links: [send],
                    start: 500,
                    service: "billing",
                    attributes: [Attribute.wait: .double(wait / 1000)]
                )
            )
            spans[2].end = spans[2].start.advanced(by: .milliseconds(work))
            if fails { spans[2].status = .error("no") }
        }
        if hasMail { spans.append(Fixture.span("send mail", trace: number, 4, parent: 2, start: 600)) }
        return SpanIndex(spans).flow(from: spans[0])
    }

    private func profile(_ flows: [Flow]) -> FlowProfile { FlowProfile(of: Self.kind, flows) }

    private var usual: FlowProfile {
        profile((1...100).map { order($0, work: 10 + Int($0 % 5), wait: 100 + Double($0)) })
    }

    @Test("Each hop has how many, how long and how long it waited")
    func hops() throws {
        let profile = usual
        #expect(profile.flows == 100 && profile.errors == 0 && profile.hops.count == 3)
        let work = try #require(profile.hops.last)
        #expect(work.path.last?.service == "billing" && work.flows == 100 && work.retries == 0)
        #expect(work.duration.p50 == .milliseconds(12) && work.duration.p95 == .milliseconds(14))
        #expect(work.wait.p50 == .milliseconds(150) && work.wait.p95 == .milliseconds(195))
    }

    @Test("A usual flow is out of the usual in nothing, nor is anything where little is known")
    func nothing() {
        #expect(usual.deviations(of: order(7)).isEmpty)
        let few = profile((1..<20).map { order($0) })
        #expect(few.deviations(of: order(7, work: 10_000)).isEmpty)
    }

    @Test("What took or waited longer than usual is told with by how much, the worst first")
    func longer() throws {
        let found = usual.deviations(of: order(7, work: 1_014, wait: 4_195))
        #expect(found.map(\.aspect) == [.wait, .ownTime])
        #expect(found.map(\.excess) == [.seconds(4), .seconds(1)])
        #expect(found.first?.usual?.wait.p50 == .milliseconds(150))
    }

    @Test("A failure, a hop that nobody else has and one that all others have are told")
    func hopsAndFailures() {
        #expect(usual.deviations(of: order(7, fails: true)).map(\.aspect) == [.failure])
        let mail = usual.deviations(of: order(7, hasMail: true))
        #expect(mail.map(\.aspect) == [.unexpected] && mail.first?.usual == nil)
        let lost = usual.deviations(of: order(7, isWorkedOn: false))
        #expect(lost.map(\.aspect) == [.absent] && lost.first?.path.last?.name == "process orders")
    }

    @Test("The wait of a flow's own message in a batch is known from its link")
    func batch() throws {
        let send = Fixture.span("place order", trace: 1, 1)
        var batch = Fixture.span("process x", trace: 2, 2, attributes: [Attribute.batchMessageCount: 2])
        batch.links = [
            SpanLink(send.context, attributes: [Attribute.wait: 0.25]),
            SpanLink(Fixture.context(8, 8), attributes: [Attribute.wait: 9.0]),
        ]
        let profile = profile([SpanIndex([send, batch]).flow(from: send)])
        #expect(profile.hops.last?.wait.maximum == .milliseconds(250))
    }

    @Test("A count that spells out every path finds the same", arguments: 0..<15)
    func twin(_ seed: UInt64) {
        let flows = RandomFlows.all(seed: seed, origins: 20)
        for kind in Set(flows.map(\.kind)) {
            let own = flows.filter { $0.kind == kind }
            let profile = FlowProfile(of: kind, flows)
            #expect(profile.flows == own.count)
            var slow: [[HopPath.Hop]: [(flow: Int, hops: SlowHops, span: SpanData)]] = [:]
            for (number, flow) in own.enumerated() {
                let hops = SlowHops(flow: flow)
                for span in flow.spans { slow[hops.path(of: span), default: []].append((number, hops, span)) }
            }
            let expected = slow.map { path, found in
                HopStatistics(
                    path: HopPath(depth: path.count - 1, hops: path.suffix(HopPath.namedHops)),
                    flows: Set(found.map(\.flow)).count,
                    spans: found.count,
                    errors: found.count { $0.span.status.isError },
                    retries: 0,
                    duration: DurationSummary(nanoseconds: found.map { Int64($0.span.duration / .nanoseconds(1)) }),
                    ownTime: DurationSummary(nanoseconds: found.map { $0.hops.ownTime(of: $0.span) }),
                    wait: DurationSummary(
                        nanoseconds: found.map { $0.hops.wait(before: $0.span) }.filter { $0 > 0 }
                    )
                )
            }
            #expect(Set(profile.hops) == Set(expected) && profile.hops.count == expected.count)
        }
    }
}
