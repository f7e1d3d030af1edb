// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import Testing

@testable import TraceFlow

@Suite("How far clocks are apart")
struct ClockSkewTests {
    @Test("A message that is worked on before it was sent proves that the consumer's clock is behind")
    func message() throws {
        let send = Fixture.span("send orders", trace: 1, 1, start: 1_000)
        let work = Fixture.span(
            "process orders",
            trace: 1,
            2,
            links: [send.context],
            start: 400,
            service: "billing"
        )
        let skew = try #require(ClockSkew.estimates([send, work]).first)
        #expect(skew.service == "billing" && skew.other == "shop")
        #expect(skew.atLeast == .milliseconds(600) && skew.atMost == nil)
        #expect(skew.proven == .milliseconds(600) && skew.isConsistent)
    }

    @Test("A late and short consumer is no evidence: it is not put into its producer")
    func late() throws {
        let send = Fixture.span("send orders", trace: 1, 1, start: 0)
        let work = Fixture.span("process orders", trace: 1, 2, links: [send.context], start: 60_000, service: "zoo")
        let skew = try #require(ClockSkew.estimates([send, work]).first)
        #expect(skew.atMost == .seconds(60) && skew.atLeast == nil && skew.proven == .zero)
    }

    @Test("Request and answer bound it on both sides")
    func request() throws {
        var client = Fixture.span("GET", trace: 1, 1, start: 1_000)
        client.kind = .client
        client.end = client.start.advanced(by: .milliseconds(10))
        var server = Fixture.span("GET /", trace: 1, 2, parent: 1, start: 1_104, service: "stock")
        server.kind = .server
        let skew = try #require(ClockSkew.estimates([client, server]).first)
        #expect(skew.service == "shop" && skew.other == "stock")
        // The server's 1,104 is some moment between the client's 1,000 and 1,010.
        #expect(skew.atLeast == .milliseconds(94) && skew.atMost == .milliseconds(104))
        #expect(skew.proven == .milliseconds(94))
    }

    @Test("A skew that changes explains nothing")
    func inconsistent() throws {
        func pair(_ trace: UInt64, _ from: String, _ to: String) -> [SpanData] {
            let send = Fixture.span("send x", trace: trace, 1, start: 100, service: from)
            return [send, Fixture.span("process x", trace: trace, 2, links: [send.context], start: 50, service: to)]
        }
        let skew = try #require(ClockSkew.estimates(pair(1, "a", "b") + pair(2, "b", "a")).first)
        #expect(!skew.isConsistent && skew.proven == .zero)
    }

    @Test("The true skew lies between the bounds, and a slow search for the bounds finds the same", arguments: 0..<25)
    func property(_ seed: UInt64) {
        var chance = Chance(seed)
        let shifts = (0..<5).map { _ in chance.below(20_000_000) - 10_000_000 }
        func shift(_ service: String) -> Int { Int(service.dropFirst()).map { shifts[$0] } ?? 0 }
        let spans = RandomSystem.spans(seed: seed, origins: 15).map { span in
            var span = span
            let moved = UInt64(shift(span.resource.serviceName) + 10_000_000)
            span.start.nanoseconds += moved
            span.end.nanoseconds += moved
            return span
        }
        let estimates = ClockSkew.estimates(spans)
        for skew in estimates {
            let truth = Duration.nanoseconds(shift(skew.other) - shift(skew.service))
            #expect(skew.isConsistent)
            #expect((skew.atLeast ?? truth) <= truth && truth <= (skew.atMost ?? truth))
            #expect(abs(skew.proven / .nanoseconds(1)) <= abs(truth / .nanoseconds(1)))
        }
        #expect(estimates.map { [$0.atLeast, $0.atMost] } == slow(spans).map { [$0.0, $0.1] })
    }

    /// The bounds between each two services, by a look at each two spans.
    private func slow(_ spans: [SpanData]) -> [(Duration?, Duration?)] {
        let services = Set(spans.map(\.resource.serviceName)).sorted()
        var bounds: [(Duration?, Duration?)] = []
        for (place, service) in services.enumerated() {
            for other in services.dropFirst(place + 1) {
                let forward = gaps(spans, from: service, to: other)
                let backward = gaps(spans, from: other, to: service)
                guard !forward.isEmpty || !backward.isEmpty else { continue }
                bounds.append(
                    (backward.min().map { .nanoseconds(-$0) }, forward.min().map { .nanoseconds($0) })
                )
            }
        }
        return bounds
    }

    private func gaps(_ spans: [SpanData], from: String, to: String) -> [Int64] {
        var gaps: [Int64] = []
        for a in spans where a.resource.serviceName == from {
            for b in spans where b.resource.serviceName == to {
                let leads = b.parentSpanID == a.spanID || b.links.contains { $0.spanID == a.spanID }
                if leads { gaps.append(Int64(b.start.nanoseconds) - Int64(a.start.nanoseconds)) }
                if a.parentSpanID == b.spanID, a.kind == .server, b.kind == .client {
                    gaps.append(Int64(b.end.nanoseconds) - Int64(a.start.nanoseconds))
                }
            }
        }
        return gaps
    }
}
