// SPDX-License-Identifier: Apache-2.0

import Foundation
import PostgresTesting
import Testing
import TracedJobs

@Suite("The demo", .serialized, .timeLimit(.minutes(5)))
struct DemoTests {
    @Test("Every order has its named hops, nothing dangles, and the spans recount to the totals that it prints")
    func totals() async throws {
        try await withFolder { folder in
            let file = folder.appending(path: "spans.jsonl")
            let outcome = try await StitchProcess.run(["demo", "--otlp", file.path], in: folder)
            #expect(outcome.status == 0, "\(outcome.error)")
            let recount = try SpanRecount(contentsOf: file)
            var printed = outcome.totals
            let printedOrders = printed.removeValue(forKey: "orders")
            let orders = try #require(printedOrders)
            #expect(printed == recount.totals)
            #expect(printed["dangling"] == 0 && printed["orphans"] == 0)
            for (name, count) in [
                "place order": orders, "send orders": orders, "process orders": orders,
                "send default/send_receipt": orders, "process default/send_receipt": orders * 2,
                "settle default/send_receipt": orders, "send default/request_review": orders,
                "process default/request_review": orders, "send payments": orders,
            ] {
                #expect(recount.names[name] == count, "\(name)")
            }
            #expect(recount.messages(inBatches: "process payments") == orders)
            // Two messages an order, and three attempts.
            #expect(try #require(printed["links"]) >= orders * (2 + 3))
            for text in ["SERVICE", "storefront", "billing", "notifier", "waited", "attempt #1", "░", "█"] {
                #expect(outcome.output.contains(text), "\(text)")
            }
            #expect(!outcome.output.contains("\u{1B}"))
            #expect(
                try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == [
                    "error", "output", "spans.jsonl",
                ]
            )
        }
    }

    @Test("Its flows are kept in a store, and its last line shows one of them again")
    func again() async throws {
        try await withFolder { folder in
            let store = folder.appending(path: "spans").path
            let outcome = try await StitchProcess.run(["demo", "--store", store], in: folder)
            #expect(outcome.status == 0, "\(outcome.error)")
            let words = try #require(outcome.output.split(separator: "\n").last).split(separator: " ").map(String.init)
            #expect(words.starts(with: ["show", "it", "again:"]))
            let shown = try await StitchProcess.run(Array(words.dropFirst(4)), in: folder)
            #expect(shown.status == 0, "\(shown.error)")
            #expect(shown.output.contains("process default/send_receipt #1 ✗ #2"))
            let listed = try await StitchProcess.run(["flows", "--store", store, "name='place order'"], in: folder)
            #expect(listed.output.split(separator: "\n").count == 1 + (outcome.totals["orders"] ?? 0))
            // Of a real run, nothing is to be found, not even what would only be better.
            let linted = try await StitchProcess.run(["lint", "--store", store], in: folder)
            #expect(linted.status == 0, "\(linted.output) \(linted.error)")
        }
    }

    @Test("The flow of one order holds its own messages, jobs and attempts, whatever its payment was taken with")
    func oneOrder() async throws {
        try await withFolder { folder in
            let outcome = try await StitchProcess.run(["demo", "--count", "400", "--json"], in: folder)
            #expect(outcome.status == 0, "\(outcome.error)")
            let flow = try JSONDecoder().decode(FlowDocument.self, from: Data(outcome.output.utf8))
            #expect(
                flow.spans.map(\.name).sorted() == [
                    "place order", "process default/request_review", "process default/send_receipt",
                    "process default/send_receipt", "process orders", "process payments",
                    "send default/request_review", "send default/send_receipt", "send orders", "send payments",
                    "settle default/send_receipt",
                ]
            )
            let origin = try #require(flow.spans.first)
            #expect(origin.parent == nil && origin.name == "place order")
            // All but the batch of payments are in the trace that began with the order.
            #expect(flow.spans.filter { $0.trace != origin.trace }.map(\.name) == ["process payments"])
            let attempts = flow.spans.filter { $0.name == "process default/send_receipt" }
                .sorted { $0.start < $1.start }
            let send = try #require(flow.spans.first { $0.name == "send default/send_receipt" })
            #expect(attempts[0].links.map(\.span) == [send.span])
            #expect(attempts[1].links.map(\.span) == [send.span, attempts[0].span])
            #expect(attempts[1].waits.contains { $0.reason == "backoff" && $0.seconds > 0.5 })
            let review = try #require(flow.spans.first { $0.name == "process default/request_review" })
            #expect(review.waits.contains { $0.reason == "scheduled" && $0.seconds > 1.5 })
            #expect(outcome.error.contains("stitched: orders=400 "))
        }
    }

    @Test("Servers that it is given serve as well, and no schema of the run is left")
    func realServers() async throws {
        let kafka = try #require(
            ProcessInfo.processInfo.environment["KAFKA_BOOTSTRAP_SERVERS"],
            "no Kafka to test against: run the tests with `make test`"
        )
        let postgres = try await TemporaryPostgres()
        let database = try PostgresPool(postgres.url)
        try await withFolder { folder in
            let outcome = try await StitchProcess.run(
                ["demo", "--kafka", kafka, "--postgres", postgres.url],
                in: folder
            )
            #expect(outcome.status == 0, "\(outcome.error)")
            #expect(outcome.totals["dangling"] == 0)
        }
        let left = try await database.query("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'stitch_demo%'")
        #expect(left.isEmpty)
        await database.shutdown()
        await postgres.stop()
    }
}

/// What `--json` prints, as far as the tests ask.
private struct FlowDocument: Decodable {
    struct Span: Decodable {
        var trace: String
        var span: String
        var parent: String?
        var name: String
        var start: String
        var waits: [Wait]
        var links: [Link]
    }

    struct Wait: Decodable {
        var reason: String
        var seconds: Double
    }

    struct Link: Decodable {
        var trace: String
        var span: String
    }

    var spans: [Span]
}
