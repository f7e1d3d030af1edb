// SPDX-License-Identifier: Apache-2.0

import PostgresTesting
import StitchTesting
import Testing
import TracedJobs

@testable import StitchCommand

@Suite("stitch migrate on a real Postgres", .timeLimit(.minutes(2)))
struct JobMigrationTests {
    @Test("The tables are made once, in the schema that is named, and a dry run says so beforehand")
    func migrate() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            _ = try await test.database()
            let command = try await JobsConsole(test)
            let lines = [
                (["--dry-run"], "schema shop: there is none; stitch migrate would make it, at version 1\n"),
                ([], "schema shop: made, at version 1\n"), ([], "schema shop: at version 1, nothing to do\n"),
                (["--dry-run"], "schema shop: at version 1, nothing to do\n"),
            ]
            for (options, text) in lines {
                let outcome = await command.run(["migrate", "--schema", "shop"] + options)
                #expect(outcome.status == 0 && outcome.output == text, "\(outcome)")
            }
            let jobs = try JobQueue(await test.database(), schema: "shop")
            try await jobs.enqueue(SendReceipt(orderID: 7))
            #expect(await command.run(["jobs", "list", "--schema", "shop"]).lines.count == 3)
        }
    }

    @Test("No function with fixed plans that may be called first lets the server compile what it runs")
    func uncompiled() async throws {
        try await withStitchTest { test in
            let rows = try await test.jobs().database.query(
                """
                SELECT p.proname, p.proconfig @> '{jit=off}' AS is_off FROM pg_proc AS p
                WHERE p.pronamespace = 'stitch'::regnamespace AND p.prosecdef AND p.proconfig @> '{enable_seqscan=off}'
                """
            )
            #expect(rows.count > 5)
            let compiled = try rows.filter { try !$0.decode("is_off", as: Bool.self) }.map {
                try $0.decode("proname", as: String.self)
            }
            #expect(compiled == [])
        }
    }

    @Test("The SQL that is printed makes a queue that works, in a migration of one's own")
    func printed() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let database = try await test.database()
            let printed = await JobsConsole(url: nil).run(["migrate", "--print", "--schema", "shop"])
            #expect(printed.status == 0)
            try await database.withTransaction { try await $0.executeScript(printed.output) }
            let jobs = try JobQueue(database, schema: "shop")
            let version = try await jobs.schemaVersion()
            #expect(version.found == 1 && version.wanted == 1)
            try await jobs.enqueue(SendReceipt(orderID: 7))
            let worker = try JobWorker(jobs, queues: ["default": 1]).handle(SendReceipt.self) { _, _ in }
            try await worker.drain()
            #expect(worker.counts.succeeded == 1)
        }
    }

    @Test("A worker without the tables of its queue stops at once, and says what makes them", arguments: [false, true])
    func missing(hasSchema: Bool) async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let database = try await test.database()
            if hasSchema { try await database.execute("CREATE SCHEMA stitch") }
            let worker = try JobWorker(JobQueue(database), queues: ["default": 1])
            let error = await #expect(throws: JobError.self) { try await worker.run() }
            #expect(error?.code == .migrationFailed && error?.message.contains("`stitch migrate`") == true)
        }
    }

    @Test("A schema of a newer version is refused, by all that would use it, and left as it is")
    func newer() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            let command = try await JobsConsole(test)
            try await jobs.database.execute("INSERT INTO stitch.schema_version (version) VALUES (7)")
            for arguments in [["migrate"], ["migrate", "--dry-run"], ["jobs", "list"]] {
                let outcome = await command.run(arguments)
                #expect(outcome.status == 1 && outcome.output.isEmpty)
                #expect(outcome.error.contains("is at version 7") && outcome.error.contains("newer version of Stitch"))
            }
        }
    }

    @Test("A migration that fails midway leaves nothing behind, and is made once what it met is gone")
    func midway() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let database = try await test.database()
            try await database.execute("CREATE SCHEMA stitch")
            try await database.execute("CREATE TABLE stitch.note (text text)")
            let jobs = try JobQueue(database)
            let error = await #expect(throws: JobError.self) { try await jobs.migrate() }
            #expect(error?.code == .migrationFailed && error?.description.contains("note") == true)
            let relations =
                "SELECT count(*) AS number FROM pg_class WHERE relnamespace = 'stitch'::regnamespace AND relkind = 'r'"
            #expect(try await database.query(relations)[0].decode("number", as: Int.self) == 1)
            #expect(try await jobs.schemaVersion().found == nil)
            try await database.execute("DROP TABLE stitch.note")
            try await jobs.migrate()
            #expect(try await jobs.schemaVersion().found == 1)
            try await jobs.enqueue(SendReceipt(orderID: 7))
        }
    }

    @Test("A worker that finds another version writes nothing")
    func otherVersion() async throws {
        try await withStitchTest(lint: FlowLint()) { test in
            let jobs = try await test.jobs()
            try await jobs.database.execute("INSERT INTO stitch.schema_version (version) VALUES (7)")
            let worker = try JobWorker(jobs, queues: ["new": 1]).handle(SendReceipt.self) { _, _ in }
            let error = await #expect(throws: JobError.self) { try await worker.run() }
            #expect(error?.code == .migrationFailed && error?.message.contains("is at version 7") == true)
            let rows = "SELECT (SELECT count(*) FROM stitch.worker) + (SELECT count(*) FROM stitch.queue) AS number"
            #expect(try await jobs.database.query(rows)[0].decode("number", as: Int.self) == 0)
        }
    }

    @Test("Options that contradict, and names that can't be one, are refused")
    func refused() async {
        let contradiction = await JobsConsole(url: nil).run(["migrate", "--print", "--dry-run"])
        #expect(contradiction.status == 64 && contradiction.error.contains("--print alone"))
        let name = await JobsConsole(url: nil)
            .run(["migrate", "--print", "--schema", String(repeating: "x", count: 64)])
        #expect(name.status == 1 && name.error.contains("1 to 63 bytes"))
    }
}
