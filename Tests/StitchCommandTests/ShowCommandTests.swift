// SPDX-License-Identifier: Apache-2.0

import Foundation
import TelemetryData
import Testing
import TraceFlow

@testable import StitchCommand

@Suite("One flow")
struct ShowCommandTests {
    private func show(_ flow: String, _ options: String..., of spans: [SpanData] = Shop.orders(3), width: Int = 100)
        async throws -> CommandFixture.Outcome
    {
        try await CommandFixture.withFile(spans) { file, _ in
            await CommandFixture.run(["show", flow, "--file", file] + options, width: width)
        }
    }

    @Test("It is found by its trace, by any span of it, or by the beginning of either")
    func lookup() async throws {
        let trace = Shop.trace(of: 1).description
        for name in [
            trace, trace.uppercased(), String(trace.prefix(8)), "\(trace)/0000000000000005",
            "\(trace.prefix(8))/0000000000000005",
        ] {
            let outcome = try await show(name)
            #expect(outcome.status == 0, "\(name) \(outcome.error)")
            #expect(
                outcome.output.hasPrefix(
                    "place order (storefront): 3 services, 1 trace, 6 spans, 4 links, 1 failed, 3.22 s"
                )
            )
        }
    }

    @Test(
        "What names none, or more than one, is refused",
        arguments: [
            ("4bf", 64), ("nothing!", 64), ("4bf9", 1), ("00000000", 1), ("\(Shop.trace(of: 1))/0000", 1),
            ("a/b/c", 64), ("\(Shop.trace(of: 9))", 1),
        ]
    )
    func refused(name: String, status: Int) async throws {
        let outcome = try await show(name)
        #expect(outcome.status == Int32(status))
        #expect(outcome.output.isEmpty)
    }

    @Test("The critical path says where the time went", arguments: [60, 80, 200])
    func criticalPath(width: Int) async throws {
        let outcome = try await show("4bf92f3577b34da6", "--critical-path", of: Shop.order(0), width: width)
        #expect(outcome.output.contains("Critical path: 3.22 s, "))
        #expect(outcome.output.contains("█ on the critical path"))
        #expect(outcome.lines.allSatisfy { $0.columnCount <= width })
        #expect(outcome.lines.contains { $0.contains("2.00 s") && $0.contains("billing") })
    }

    @Test("JSON names what isn't there and why, and says of hubs how much was followed")
    func gaps() throws {
        var spans = Shop.order(0)
        spans.removeAll { $0.name == "place order" || $0.status.isError }
        let flow = SpanIndex(spans).flow(
            from: spans[0],
            limits: FlowLimits(backLinks: 1),
            horizon: FlowHorizon(now: spans.last?.end, delay: .seconds(1))
        )
        let fans = (10..<13).map {
            Shop.span("fan", of: $0, 1, links: [Shop.link(0, 2, .creation)], from: 0, for: 1, service: "fan")
        }
        let hub = SpanIndex(spans + fans).flow(from: spans[0], limits: FlowLimits(backLinks: 1))
        let missing = try object(FlowDocument(flow))["missing"] as? [[String: Any]]
        #expect(missing?.compactMap { $0["relation"] as? String } == ["parent", "previous_attempt"])
        #expect(missing?.compactMap { $0["cause"] as? String } == ["unexplained", "not_arrived"])
        #expect(missing?.compactMap { $0["missingSpan"] as? String } == ["0000000000000001", "0000000000000005"])
        let hubs = try object(FlowDocument(hub))["hubs"] as? [[String: Any]]
        #expect(hubs?.compactMap { $0["count"] as? Int } == [4])
        #expect(hubs?.compactMap { $0["followed"] as? Int } == [1])
        #expect(hubs?.compactMap { $0["span"] as? String } == ["0000000000000002"])
    }

    private func object(_ document: FlowDocument) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(JSONText.page(document).utf8)) as? [String: Any])
    }

    @Test("For programs it is JSON, with the critical path if that is asked for")
    func json() async throws {
        let outcome = try await show("4bf92f3577b34da6", "--json", "--critical-path", of: Shop.order(0))
        let flow = try #require(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
        #expect((flow["spans"] as? [Any])?.count == 6)
        let segments = try #require(flow["criticalPath"] as? [[String: Any]])
        let total = segments.reduce(0) { $0 + ($1["seconds"] as? Double ?? 0) }
        #expect(abs(total - 3.22) < 1e-6)
    }

    @Test("What is referred to and isn't there is told")
    func missing() async throws {
        let outcome = try await show("4bf92f3577b34da6", of: Array(Shop.order(0).dropFirst()), width: 200)
        #expect(outcome.output.contains("which isn't there"))
    }

    @Test("A page is written whole, stands for itself, and says what the terminal says")
    func page() async throws {
        try await CommandFixture.withFile(Shop.order(0)) { file, folder in
            let target = folder.appending(path: "flow.html")
            let outcome = await CommandFixture.run(["show", "4bf9", "--file", file, "--html", target.path])
            #expect(outcome.status == 0)
            #expect(outcome.output.isEmpty)
            let page = try String(contentsOf: target, encoding: .utf8)
            for text in [
                "place order", "process receipt #1 ✗ #2", "the mail server is busy", "shop.order_id",
                "Critical path: 3.22 s",
            ] {
                #expect(page.contains(text), "\(text)")
            }
            for text in ["<script", "http:", "https:", "src=", "href=", "url(", "@import"] {
                #expect(!page.contains(text), "\(text)")
            }
            let refused = await CommandFixture.run(["show", "4bf9", "--file", file, "--html", folder.path])
            #expect(refused.status == 1)
        }
    }
}
