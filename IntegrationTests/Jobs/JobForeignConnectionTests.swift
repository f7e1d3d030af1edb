// SPDX-License-Identifier: Apache-2.0

import EnqueueOnForeignConnection
import ForeignPostgresClient
import ForeignSQLKit
import Foundation
import PostgresTesting
import StitchTesting
import TelemetryData
import Testing
import TracedJobs

/// Jobs in transactions of other client libraries, by the code that the guide shows.
@Suite("A job that is enqueued on the connection of another library", .timeLimit(.minutes(3)))
struct JobForeignConnectionTests {
    private struct Order: Model {
        func save(on database: any Database) async throws {
            guard let sql = database as? any SQLDatabase else { throw Unsupported() }
            try await sql.execute(sql: SQLRaw("INSERT INTO orders (id) VALUES ($1)", [7])) { _ in }
        }
    }

    private struct Unsupported: Error {}

    @Test("is done, and its attempt links to the send span of who placed the order", arguments: [true, false])
    func placed(byPostgresNIO: Bool) async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            try await jobs.database.execute("CREATE TABLE orders (id bigint PRIMARY KEY)")
            if byPostgresNIO {
                try await placeOrder(PostgresClient(jobs.database), jobs, Logger())
            } else {
                try await placeOrder(Order(), PoolDatabase(jobs.database), jobs)
            }
            #expect(try await jobs.database.query("SELECT FROM orders").count == 1)
            let worker = try JobWorker(jobs, queues: ["default": 1])
                .handle(EnqueueOnForeignConnection.SendReceipt.self) { job, _ in #expect(job.orderID == 7) }
            try await worker.drain()
            let send = try #require(test.spans.send("default/send_receipt").first)
            let attempt = try #require(test.spans.process("default/send_receipt").first)
            #expect(attempt.links.map(\.spanID) == [send.spanID])
        }
    }

    @Test("The guide shows code that is compiled")
    func compiled() throws {
        let blocks = try file("docs/enqueue-with-other-clients.md").split(separator: "```swift\n").dropFirst(2).map {
            String($0.prefix { $0 != "`" })
        }
        try #require(blocks.count == 2)
        for (block, name) in zip(blocks, ["EnqueueWithPostgresNIO", "EnqueueWithSQLKit"]) {
            let code = try file("Examples/EnqueueOnForeignConnection/Enqueueing/\(name).swift")
            let parts = block.split(separator: "\n\n").map(String.init).drop { !$0.hasPrefix("extension") }
            let use = try #require(parts.last)
            #expect(code.contains(parts.dropLast().joined(separator: "\n\n")))
            let lines = use.split(separator: "\n").map { "    \($0)\n" }
            #expect(code.contains(lines.joined()))
        }
    }

    private func file(_ path: String) throws -> String {
        var root = URL(filePath: #filePath)
        for _ in 0..<3 { root.deleteLastPathComponent() }
        return try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }
}
