// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import Testing

@testable import TraceFlow

@Suite("Orders that are worked on together")
struct ShopFlowTests {
    @Test("Of 10,000 orders in polls and batches of 50, each has its own messages, jobs and attempts, and no other's")
    func tenThousand() {
        let shop = Shop(orders: 10_000)
        let index = SpanIndex(shop.spans)
        var different = 0
        var order = 0
        // Flows that run into each other are large: a few tell enough.
        for origin in shop.spans where origin.name == "place order" && different < 3 {
            let flow = index.flow(from: origin)
            if Set(flow.spans.map(\.reference)) != shop.truth[order] || flow.isTruncated || !flow.missing.isEmpty {
                different += 1
            }
            order += 1
        }
        #expect(order == 10_000 && different == 0)
    }

    @Test("From whichever of its spans one starts, a flow is the same, and spans of several orders give each of theirs")
    func starts() async throws {
        let shop = Shop(orders: 120, seed: 2)
        let source = ScrambledSource(shop.spans)
        let origins = shop.spans.filter { $0.name == "place order" }
        for span in shop.spans.shuffled().prefix(60) {
            let flows = try await source.flows(of: span.reference).flows
            let orders = origins.indices.filter { shop.truth[$0].contains(span.reference) }
            let isShared = orders.isEmpty
            #expect(isShared == ["loop", "poll orders", "poll receipts"].contains(span.name) || span.links.count == 1)
            if isShared { continue }
            #expect(flows.map(\.origin.reference) == orders.map { origins[$0].reference })
            for (flow, order) in zip(flows, orders) {
                #expect(Set(flow.spans.map(\.reference)) == shop.truth[order])
            }
        }
    }

    @Test("A batch shows how many messages of other flows it worked on")
    func companions() throws {
        let shop = Shop(orders: 100)
        let index = SpanIndex(shop.spans)
        let flow = index.flow(from: try #require(shop.spans.first { $0.name == "place order" }))
        let batch = try #require(flow.spans.first { $0.name == "process receipts" })
        #expect(flow.companions(of: batch) == 49)
    }
}
