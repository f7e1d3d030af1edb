// SPDX-License-Identifier: Apache-2.0

import CStitchZlib
import Foundation
import StitchOTLP
import TelemetryData
import Testing

@testable import StitchCommand

@Suite("The list of flows")
struct FlowsCommandTests {
    private func ids(_ outcome: CommandFixture.Outcome) -> [Substring] {
        outcome.lines.dropFirst().compactMap { $0.split(separator: " ").dropFirst(2).first }
    }

    private func id(_ order: UInt64) -> Substring { Shop.trace(of: order).description.prefix(8) }

    @Test("The newest comes first, with what it took, waited and touched", arguments: [60, 80, 100, 120, 200])
    func newest(width: Int) async throws {
        try await CommandFixture.withFile(Shop.orders(3)) { file, _ in
            let outcome = await CommandFixture.run(["flows", "--file", file], width: width)
            #expect(outcome.status == 0)
            #expect(outcome.lines.dropLast().count == 4)
            #expect(outcome.lines.allSatisfy { $0.count <= width })
            #expect(outcome.lines[1].contains("place order"))
            #expect(outcome.lines[1].contains("3.22 s"))
            #expect(outcome.lines[1].contains(id(2)))
        }
    }

    @Test("Waits in an outbox and of one message of a batch count too, where flows are listed and found")
    func batchWaits() async throws {
        typealias Attribute = MessagingConventions.Attribute
        func span(_ id: UInt64, _ type: String, link: UInt64? = nil, from begin: UInt64, _ kind: SpanKind) -> SpanData {
            Shop.span(
                "\(type) orders",
                of: 0,
                id,
                parent: id == 2 ? 1 : nil,
                links: link.map { [Shop.link(0, $0, .creation)] } ?? [],
                from: begin,
                for: 10,
                service: "shop",
                kind: kind,
                attributes: [Attribute.operationType: .string(type), Attribute.destinationName: "orders"]
            )
        }
        var batch = span(4, "process", link: 2, from: 10_000, .consumer)
        batch.attributes[Attribute.batchMessageCount] = 2
        batch.links[0].attributes[Attribute.wait] = 6.0
        let order = Shop.span("place order", of: 0, 1, from: 0, for: 20, service: "shop")
        let relay = span(3, "send", link: 2, from: 3010, .client)
        let spans = [order, span(2, "create", from: 0, .producer), relay, batch] + Shop.order(1)
        try await CommandFixture.withFile(spans) { file, folder in
            let store = folder.appending(path: "store").path
            #expect(await CommandFixture.run(["import", file, "--store", store]).status == 0)
            for source in [["--file", file], ["--store", store]] {
                for filter in [["wait > 5s"], ["--min-wait", "5s"]] {
                    let outcome = await CommandFixture.run(["flows"] + filter + source, width: 100)
                    #expect(ids(outcome) == [id(0)])
                    #expect(outcome.lines[1].contains(" 9.00 s"))
                }
                #expect(ids(await CommandFixture.run(["flows", "wait > 7s"] + source)) == [])
            }
            let ways = await CommandFixture.run(["topology", "--file", file], width: 120)
            #expect(ways.lines.contains { $0.hasPrefix("shop") && $0.contains(" 3.00 s") })
        }
    }

    @Test(
        "Pages follow each other without a gap or a repetition",
        arguments: ["", "service=notifier", "error", "kind=consumer"]
    )
    func pages(filter: String) async throws {
        try await CommandFixture.withFile(Shop.orders(7)) { file, _ in
            var found: [Substring] = []
            var after: [String] = []
            for _ in 0..<4 {
                let arguments = ["flows", "--file", file, "--limit", "2", filter] + after
                let outcome = await CommandFixture.run(arguments.filter { !$0.isEmpty })
                found += ids(outcome)
                let rest = outcome.error.split(separator: " ").last.map { String($0).trimmingCharacters(in: .newlines) }
                after = rest.map { ["--after", $0] } ?? []
            }
            #expect(found == (0..<7).reversed().map { id($0) })
            #expect(after.isEmpty)
        }
    }

    @Test(
        "A filter lets through the flows that have such spans, one leading to the other",
        arguments: [
            ("error", 3), ("not error", 3), ("service=billing", 3), ("service=nobody", 0), ("wait > 1s", 3),
            ("wait > 5s", 0), ("shop.order_id=1", 1), ("shop.order_id>=1", 2), ("shop.order_id=*", 3),
            ("name='place order' service=billing", 0), ("name='place order' or service=billing", 3),
            ("service=storefront -> service=notifier", 3), ("service=notifier -> service=storefront", 0),
            ("service=notifier <- service=storefront", 3), ("shop.order_id=1 -> error -> not error", 1),
            ("error -> name~place", 0), ("(name~send or error) and service=billing -> duration<1s", 3),
            ("duration>=50ms wait>1s", 3), ("trace=\(Shop.trace(of: 1))", 1),
            ("kind!=consumer -> messaging.system=kafka", 3),
        ]
    )
    func filters(filter: String, count: Int) async throws {
        try await CommandFixture.withFile(Shop.orders(3)) { file, _ in
            let outcome = await CommandFixture.run(["flows", "--file", file, filter])
            #expect(outcome.status == 0)
            #expect(ids(outcome).count == count)
        }
    }

    @Test("Options narrow the list as a filter does")
    func options() async throws {
        try await CommandFixture.withFile(Shop.orders(3)) { file, _ in
            func count(_ options: String...) async -> Int {
                ids(await CommandFixture.run(["flows", "--file", file] + options)).count
            }
            #expect(await count("--service", "billing", "--name", "process orders") == 3)
            #expect(await count("--service", "billing", "--name", "place order") == 0)
            #expect(await count("--attribute", "shop.order_id=2") == 1)
            #expect(await count("--attribute", "shop.order_id=") == 0)
            #expect(await count("--error", "--min-wait", "50ms") == 3)
            #expect(await count("--min-duration", "1s") == 0)
            #expect(await count("--max-duration", "1s") == 3)
            let second = Timestamp(nanoseconds: Shop.start + 60_000_000_000).rfc3339
            #expect(await count("--from", second) == 2)
            #expect(await count("--to", second) == 1)
            #expect(await count("--since", "1h") == 0)
        }
    }

    @Test("An attribute may be asked for that is empty, or has a sign of equality in it", arguments: ["", "a=b", "="])
    func attributeValue(_ value: String) async throws {
        let spans =
            Shop.orders(2) + [
                Shop.span("import", of: 7, 1, from: 0, for: 1, service: "shop", attributes: ["tenant": .string(value)])
            ]
        try await CommandFixture.withFile(spans) { file, _ in
            let outcome = await CommandFixture.run(["flows", "--file", file, "--attribute", "tenant=\(value)"])
            #expect(outcome.status == 0, "\(outcome.error)")
            #expect(ids(outcome) == [id(7)])
            #expect(await CommandFixture.run(["flows", "--file", file, "--attribute", "=\(value)"]).status == 64)
            #expect(await CommandFixture.run(["flows", "--file", file, "--attribute", "tenant"]).status == 64)
        }
    }

    @Test("For programs there is a line of JSON a flow")
    func json() async throws {
        try await CommandFixture.withFile(Shop.orders(2)) { file, _ in
            let outcome = await CommandFixture.run(["flows", "--file", file, "--json"])
            let flows = try outcome.output.split(separator: "\n").map {
                try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
            }
            #expect(flows.count == 2)
            #expect(flows[0]?["flow"] as? String == "\(Shop.trace(of: 1))/0000000000000001")
            #expect(flows[0]?["services"] as? [String] == ["storefront", "billing", "notifier"])
            #expect(flows[0]?["spans"] as? Int == 6)
        }
    }

    @Test("A file may be JSON or protobuf, plain, in gzip, or several messages with their lengths")
    func formats() async throws {
        try await CommandFixture.withFile([]) { _, folder in
            let spans = Shop.orders(2)
            let json = try OTLPJSONLines.encode(spans)
            let whole = OTLP.encode(spans)
            let parts = [Shop.order(0), Shop.order(1)].flatMap { part -> [UInt8] in
                let bytes = OTLP.encode(part)
                return withUnsafeBytes(of: UInt32(bytes.count).bigEndian) { [UInt8]($0) } + bytes
            }
            for (name, bytes) in [
                ("json", [UInt8](json)), ("blank", [10, 10] + json), ("proto", whole), ("parts", parts),
            ] {
                for isCompressed in [false, true] {
                    let file = folder.appending(path: "\(name)\(isCompressed)").path
                    try write(bytes, to: file, isCompressed: isCompressed)
                    let outcome = await CommandFixture.run(["flows", "--file", file])
                    #expect(ids(outcome) == [id(1), id(0)], "\(name) \(outcome.error)")
                }
            }
        }
    }

    @Test("A small file that is much when it is inflated is refused before it is in memory", arguments: [0x0a, 0x7b])
    func inflated(first: UInt8) async throws {
        try await CommandFixture.withFile([]) { _, folder in
            let file = folder.appending(path: "bomb").path
            // Protobuf of one message that never ends, or JSON without a line's end.
            try write([first] + [UInt8](repeating: 0x20, count: 5 << 20), to: file, isCompressed: true)
            let error = await #expect(throws: CommandError.self) {
                try await SpanFile(path: file, maximumByteCount: 1 << 20).read(tell: { _ in }) { _ in }
            }
            #expect(error?.message.contains("has more than 1 MiB") == true)
        }
    }

    private func write(_ bytes: [UInt8], to file: String, isCompressed: Bool) throws {
        guard isCompressed else {
            try Data(bytes).write(to: URL(filePath: file))
            return
        }
        let descriptor = open(file, O_WRONLY | O_CREAT, 0o600)
        let output = try #require(gzdopen(descriptor, "wb"))
        #expect(gzwrite(output, bytes, UInt32(bytes.count)) == Int32(bytes.count))
        #expect(gzclose(output) == Z_OK)
    }

    @Test("What is no OTLP is named and left out; a file of nothing else is refused")
    func damaged() async throws {
        try await CommandFixture.withFile([]) { file, folder in
            var data = try OTLPJSONLines.encode(Shop.order(0))
            data.append(Data("{\"resourceSpans\": [\u{1B}[2J\n".utf8))
            data.append(try OTLPJSONLines.encode(Shop.order(1)))
            try data.write(to: URL(filePath: file))
            let outcome = await CommandFixture.run(["flows", "--file", file])
            #expect(outcome.status == 0)
            #expect(ids(outcome).count == 2)
            #expect(outcome.error.hasPrefix("stitch: line 2 of "))
            #expect(!outcome.error.contains("\u{1B}"))
            let bad = folder.appending(path: "bad").path
            try Data("no spans at all\n".utf8).write(to: URL(filePath: bad))
            #expect(await CommandFixture.run(["flows", "--file", bad]).status == 1)
            #expect(await CommandFixture.run(["flows", "--file", folder.appending(path: "none").path]).status == 1)
            #expect(await CommandFixture.run(["flows"]).status == 64)
        }
    }
}
