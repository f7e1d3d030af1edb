// SPDX-License-Identifier: Apache-2.0

import Foundation
import StitchOTLP
import TelemetryData
import Testing

@testable import StitchCommand

@Suite("What is told of many spans")
struct ReportCommandTests {
    private func run(_ arguments: [String], of spans: [SpanData] = Shop.orders(3), width: Int = 100) async throws
        -> CommandFixture.Outcome
    {
        try await CommandFixture.withFile(spans) { file, _ in
            await CommandFixture.run(arguments + ["--file", file], width: width)
        }
    }

    private func json(_ outcome: CommandFixture.Outcome) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
    }

    @Test("Lint finds nothing in what is whole and fails on what isn't, with code and remedy")
    func lint() async throws {
        let clean = try await run(["lint"])
        #expect(clean.status == 0)
        #expect(clean.output == "18 spans: nothing found\n")
        var broken = Shop.orders(3)
        broken[2].links = []
        broken[2].parentSpanID = nil
        let outcome = try await run(["lint"], of: broken)
        #expect(outcome.status == 1)
        #expect(outcome.output.contains("missing-creation-link"))
        #expect(outcome.output.contains("→ "))
        let lines = try await run(["lint", "--json"], of: broken).output.split(separator: "\n")
        let finding = try JSONSerialization.jsonObject(with: Data(try #require(lines.first).utf8)) as? [String: Any]
        #expect(finding?["code"] is String)
        #expect(try await run(["lint", "--severity", "much"]).status == 64)
    }

    @Test("Lint that can't read its spans has another status than lint that finds something")
    func unreadable() async {
        let outcome = await CommandFixture.run(["lint", "--file", "/nowhere.otlp.jsonl"])
        #expect(outcome.status == 2)
        #expect(outcome.error.hasPrefix("stitch: "))
        #expect(await CommandFixture.run(["lint", "--store", "/nowhere"]).status == 2)
        #expect(await CommandFixture.run(["volume", "--store", "/nowhere"]).status == 1)
    }

    @Test("A code is explained")
    func explain() async {
        let outcome = await CommandFixture.run(["lint", "--explain", "retry-without-link"])
        #expect(outcome.status == 0)
        #expect(outcome.output.hasPrefix("retry-without-link (error)\n  "))
        #expect(await CommandFixture.run(["lint", "--explain", "all"]).lines.count > 50)
        #expect(
            await CommandFixture.run(["lint", "--explain", "retry-without-lnk"]).error.contains("retry-without-link?")
        )
    }

    @Test("A clock that is ahead is told of, with the flow and with the topology, and no other is")
    func clocks() async throws {
        var spans = Shop.orders(3)
        for index in spans.indices where spans[index].resource.serviceName == "billing" {
            spans[index].start = spans[index].start.advanced(by: .seconds(-10))
            spans[index].end = spans[index].end.advanced(by: .seconds(-10))
        }
        let shown = try await run(["show", Shop.trace(of: 0).description], of: spans, width: 300)
        #expect(
            shown.output.contains("the clock of storefront is ahead of that of billing by 8.00 s at least"),
            "\(shown)"
        )
        let topology = try await run(["topology"], of: spans, width: 300)
        #expect(topology.output.contains("the clock of storefront is ahead of that of billing"))
        let clocks = try json(try await run(["topology", "--json"], of: spans))["clocks"] as? [[String: Any]]
        #expect(clocks?.compactMap { $0["provenSeconds"] as? Double }.contains { $0 > 7 } == true)
        for arguments in [["show", Shop.trace(of: 0).description], ["topology"]] {
            #expect(try await !run(arguments).output.contains("clock"))
        }
    }

    @Test("The topology has services, and topics and queues between them", arguments: [60, 80, 160])
    func topology(width: Int) async throws {
        let outcome = try await run(["topology"], width: width)
        #expect(outcome.lines.allSatisfy { $0.columnCount <= width })
        let ways = outcome.lines.dropFirst().dropLast().map {
            $0.split(separator: " ").prefix(3).joined(separator: " ")
        }
        #expect(
            Set(ways) == [
                "storefront orders send", "orders billing process", "billing default send", "default notifier process",
            ]
        )
        let dot = try await run(["topology", "--dot"]).output
        #expect(dot.hasPrefix("digraph stitch {"))
        #expect(dot.contains("label=\"storefront\""))
        #expect((try json(try await run(["topology", "--json"]))["edges"] as? [Any])?.count == 4)
    }

    @Test("Two flows are compared hop by hop")
    func diff() async throws {
        var spans = Shop.orders(2)
        spans[8].end = spans[8].end.advanced(by: .milliseconds(500))
        spans.append(Shop.span("audit", of: 1, 99, parent: 1, from: 3, for: 1, service: "storefront"))
        let names = [Shop.trace(of: 0).description, Shop.trace(of: 1).description]
        let outcome = try await run(["diff"] + names, of: spans)
        #expect(outcome.lines.contains { $0.hasPrefix("process orders") && $0.contains("+500 ms") })
        #expect(outcome.output.contains("Only in the second\n"))
        #expect(outcome.output.contains("audit (storefront)"))
        #expect((try json(try await run(["diff", "--json"] + names, of: spans))["onlyInSecond"] as? [Any])?.count == 1)
        #expect(try await run(["diff"] + names.prefix(1)).status == 64)
    }

    @Test("A flow is compared with the usual of its kind")
    func usual() async throws {
        var spans = Shop.orders(40)
        let slow = try #require(spans.firstIndex { $0.traceID == Shop.trace(of: 7) && $0.name == "process orders" })
        spans[slow].end = spans[slow].end.advanced(by: .seconds(3))
        let outcome = try await run(["diff", Shop.trace(of: 7).description, "--usual"], of: spans)
        #expect(outcome.lines.contains { $0.hasPrefix("process orders") && $0.contains("took longer") })
        let same = try await run(["diff", Shop.trace(of: 8).description, "--usual"], of: spans)
        #expect(same.output.contains("Nothing of it is out of the usual."))
        #expect(try await run(["diff", Shop.trace(of: 1).description, "--usual"]).error.contains("below 20"))
    }

    @Test(
        "Two times of one kind are compared",
        arguments: [[], ["--name", "place order"], [Shop.trace(of: 7).description]]
    )
    func windows(kind: [String]) async throws {
        func window(_ from: UInt64, _ to: UInt64) -> String {
            [from, to].map { Timestamp(nanoseconds: Shop.start + $0 * 60_000_000_000).rfc3339 }.joined(separator: "/")
        }
        var spans = Shop.orders(40)
        for index in spans.indices where spans[index].name == "process orders" && index >= 120 {
            spans[index].end = spans[index].end.advanced(by: .seconds(1))
        }
        let times = ["--before", window(0, 20), "--after", window(20, 40)]
        let outcome = try await run(["diff"] + kind + times, of: spans)
        #expect(outcome.lines[0] == "place order (storefront)")
        #expect(outcome.lines.contains { $0.hasPrefix("before") && $0.contains(" 20 ") })
        #expect(outcome.lines.contains { $0.hasPrefix("process orders") && $0.contains("+1.00 s") })
        #expect(try json(try await run(["diff", "--json"] + kind + times, of: spans))["flowsAfter"] as? Int == 20)
        #expect(try await run(["diff", "--before", window(0, 20)]).status == 64)
        #expect(try await run(["diff", "--before", "yesterday", "--after", window(0, 20)]).status == 64)
    }

    @Test("Where messages wait longer the hop comes first, with both waits and the change", arguments: [80, 100, 240])
    func windowWaits(width: Int) async throws {
        var spans = Shop.orders(40)
        for index in spans.indices where spans[index].name == "process orders" {
            spans[index].attributes[MessagingConventions.Attribute.wait] = .double(index < 120 ? 1 : 60)
            if index >= 120 { spans[index].end = spans[index].end.advanced(by: .milliseconds(5)) }
        }
        let times = [0, 20, 40].map { Timestamp(nanoseconds: Shop.start + $0 * 60_000_000_000).rfc3339 }
        let command = ["diff", "--before", "\(times[0])/\(times[1])", "--after", "\(times[1])/\(times[2])"]
        let outcome = try await run(command, of: spans, width: width)
        #expect(outcome.lines.allSatisfy { $0.columnCount <= width })
        let heading = try #require(outcome.lines.firstIndex { $0.hasPrefix("HOP") })
        let first = outcome.lines[heading + 1]
        #expect(first.hasPrefix("process ") && first.contains("1.00 s→1 min 00 s") && first.contains("+59.0 s"))
        #expect(first.contains("+5.00 ms"))
        #expect(outcome.lines[heading].contains("WAIT P50") == (width == 240))
        let changes = try json(try await run(command + ["--json"], of: spans))["changes"] as? [[String: Any]]
        let hop = try #require(changes?.first)
        let (before, after) = (hop["before"] as? [String: Any], hop["after"] as? [String: Any])
        #expect(before?["waitP50Seconds"] as? Double == 1 && before?["waitP95Seconds"] as? Double == 1)
        #expect(after?["waitP50Seconds"] as? Double == 60 && after?["waitP95Seconds"] as? Double == 60)
        #expect(after?["ownP95Seconds"] is Double)
        let origin = try #require(changes?.first { ($0["path"] as? [String])?.count == 1 }?["after"] as? [String: Any])
        #expect(origin["waitP50Seconds"] == nil)
    }

    @Test("Volume says what there is most of", arguments: [60, 100])
    func volume(width: Int) async throws {
        let outcome = try await run(["volume"], width: width)
        #expect(outcome.lines[0].hasPrefix("18 spans, "))
        #expect(outcome.lines.allSatisfy { $0.columnCount <= width })
        #expect(outcome.output.contains("ATTRIBUTE"))
        #expect(try json(try await run(["volume", "--json"]))["spans"] as? Int == 18)
        #expect(try await run(["volume", "--rows", "1"]).output.contains("and 2 more\n"))
    }
}
