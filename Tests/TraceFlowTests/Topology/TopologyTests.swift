// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import Testing

@testable import TraceFlow

@Suite("Who talks to whom")
struct TopologyTests {
    private typealias Attribute = MessagingConventions.Attribute

    private func message(
        _ name: String,
        trace: UInt64,
        _ id: UInt64,
        service: String,
        links: [SpanContext] = [],
        _ attributes: Attributes = Attributes()
    ) -> SpanData {
        var attributes = attributes
        attributes[Attribute.destinationName] = "orders"
        return Fixture.span(
            "\(name) orders",
            trace: trace,
            id,
            links: links,
            service: service,
            attributes: attributes
        )
    }

    @Test(
        "A topic lies between its producer and its consumer, with rate, waits, failures and what came without context"
    )
    func topic() throws {
        var failed = message("process", trace: 2, 30, service: "billing", [Attribute.wait: 2.5])
        failed.status = .error("no")
        let topology = Topology([
            message("send", trace: 1, 10, service: "shop"),
            message("send", trace: 1, 11, service: "shop"),
            message(
                "process",
                trace: 1,
                20,
                service: "billing",
                links: [Fixture.context(1, 10)],
                [Attribute.wait: 0.5]
            ),
            failed,
        ])
        let orders = Topology.Node.destination(system: "", name: "orders")
        #expect(topology.nodes == [.service("billing"), .service("shop"), orders])
        #expect(topology.edges.map(\.kind) == [.send, .process])
        let send = try #require(topology.edges.first)
        #expect(send.from == .service("shop") && send.to == orders && send.messages == 2 && send.rate == 2)
        #expect(send.fanOut == 1 && send.errors == 0 && send.withoutContext == 0)
        let process = try #require(topology.edges.last)
        #expect(process.from == orders && process.to == .service("billing"))
        #expect(process.errors == 1 && process.withoutContext == 1 && process.shareWithoutContext == 0.5)
        #expect(process.wait.p50 == .milliseconds(500) && process.wait.p99 == .milliseconds(2500))
        #expect(process.duration.maximum == .milliseconds(1))
    }

    @Test("A request is a way from its caller; spans within a service are none")
    func call() {
        var client = Fixture.span("GET", trace: 1, 2, parent: 1)
        client.kind = .client
        var server = Fixture.span("GET /", trace: 1, 3, parent: 2, service: "stock")
        server.kind = .server
        let inner = Fixture.span("read", trace: 1, 4, parent: 3, service: "stock")
        let topology = Topology([Fixture.span("place order", trace: 1, 1), client, server, inner])
        #expect(topology.edges.map(\.kind) == [.call])
        #expect(topology.edges.first?.from == .service("shop") && topology.edges.first?.to == .service("stock"))
    }

    @Test("Messages that have a span of their own below that of their batch are counted once")
    func batch() {
        let sent = message("send", trace: 1, 10, service: "shop")
        let batch = message(
            "process",
            trace: 2,
            20,
            service: "billing",
            links: [sent.context],
            [Attribute.batchMessageCount: 1]
        )
        var single = message("process", trace: 2, 21, service: "billing", links: [sent.context])
        single.parentSpanID = batch.spanID
        #expect(Topology([sent, batch, single]).edges.map(\.messages) == [1, 1])
    }

    @Test("What is sent from an outbox waited on its way to the topic; what is made and sent together did not")
    func outbox() throws {
        func relay(_ creations: [SpanData], _ topic: String?) -> SpanData {
            var relay = message("send", trace: 3, 60, service: "relay", links: creations.map(\.context))
            relay.kind = .client
            relay.attributes[Attribute.destinationName] = topic.map { .string($0) }
            return relay
        }
        let first = message("create", trace: 1, 10, service: "shop")
        var second = message("create", trace: 2, 20, service: "shop")
        let one = Topology([first, second, relay([first, second], "orders")])
        let edge = try #require(one.edges.first)
        #expect(edge.kind == .send && edge.wait.count == 2)
        #expect(edge.wait.p50 == .milliseconds(39) && edge.wait.p99 == .milliseconds(49))
        second.attributes[Attribute.destinationName] = "mails"
        let two = Topology([first, second, relay([first, second], nil)])
        #expect(two.edges.map(\.to.description) == ["mails", "orders"])
        #expect(two.edges.map(\.wait.maximum) == [.milliseconds(39), .milliseconds(49)])
        var batch = relay([first], "orders")
        batch.context.traceID = first.traceID
        #expect(Topology([first, batch]).edges.first?.wait.count == 0)
    }

    @Test("A message that is tried once more waits since the attempt before, however old it is")
    func retry() throws {
        let send = message("send", trace: 1, 10, service: "shop")
        func work(_ id: UInt64, _ before: SpanData?, _ wait: Double?) -> SpanData {
            let links = [send.context] + [before?.context].compactMap { $0 }
            var work = message("process", trace: 2, id, service: "billing", links: links)
            if let wait { work.attributes[Attribute.wait] = .double(wait) }
            if before != nil { work.links[1].attributes[Attribute.linkRole] = "previous_attempt" }
            return work
        }
        for wait in [0.0390625, nil] {
            let first = work(20, nil, 0.0078125)
            let edges = Topology([send, first, work(50, first, wait)]).edges
            let waits = try #require(edges.last?.wait)
            #expect(waits.count == 2 && waits.p50 == .microseconds(7_812.5))
            #expect(waits.maximum == .milliseconds(29))
        }
    }

    @Test("Percentiles are of the nearest rank")
    func percentiles() {
        for count in [1, 2, 19, 20, 21, 100, 101, 1_000] {
            let lengths = (1...count).map { Int64($0) }
            for percent in [50, 90, 95, 99] {
                // The least length that so many of a hundred don't exceed.
                let slow = lengths.first { length in lengths.count { $0 <= length } * 100 >= percent * count }
                #expect(lengths.percentile(percent) == slow)
            }
        }
        #expect([Int64]().percentile(50) == 0 && DurationSummary.none.maximum == .zero)
        #expect(DurationSummary(nanoseconds: [.max, .max]).total == .nanoseconds(Int64.max))
    }

    @Test("A window counts the spans that start in it, and looks up their causes outside")
    func window() {
        let spans = [
            message("send", trace: 1, 10, service: "shop"),
            message("process", trace: 1, 20, service: "billing", links: [Fixture.context(1, 10)]),
        ]
        let topology = Topology(spans, from: spans[1].start, to: spans[1].start.advanced(by: .seconds(10)))
        #expect(topology.edges.map(\.kind) == [.process])
        #expect(topology.edges.first?.rate == 0.1)
        #expect(topology.edges.first?.wait.p50 == .milliseconds(9))
    }

    @Test("Times and counts that nobody can have meant don't harm", arguments: [0, 1, UInt64.max])
    func absurd(_ time: UInt64) {
        var spans = [
            message("send", trace: 1, 10, service: "shop", [Attribute.batchMessageCount: .int(.max)]),
            message("process", trace: 1, 11, service: "shop", [Attribute.batchMessageCount: .int(.min)]),
            message("process", trace: 1, 12, service: "shop", links: [Fixture.context(1, 10)], [Attribute.wait: 1e300]),
            message(
                "process",
                trace: 1,
                13,
                service: "shop",
                links: [Fixture.context(1, 13)],
                [Attribute.wait: .double(.nan)]
            ),
        ]
        for index in spans.indices {
            spans[index].start = Timestamp(nanoseconds: index.isMultiple(of: 2) ? time : .max - time)
            spans[index].end = Timestamp(nanoseconds: .max - spans[index].start.nanoseconds)
        }
        #expect(Topology(spans).edges.allSatisfy { $0.rate.isFinite && $0.wait.p99 >= .zero })
        #expect(ClockSkew.estimates(spans).isEmpty)
    }

    @Test("A slow count of the same spans finds the same", arguments: 0..<25)
    func twin(_ seed: UInt64) {
        let spans = RandomSystem.spans(seed: seed, origins: 15)
        let topology = Topology(spans.shuffled() + spans.prefix(10))
        let slow = SlowTopology(spans)
        #expect(topology.edges == slow.edges)
        #expect(Set(topology.nodes) == slow.nodes)
    }
}
