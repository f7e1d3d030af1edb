// SPDX-License-Identifier: Apache-2.0

import StitchPostgres
import StitchTesting
import Synchronization
import Testing
import TracedJobs

@testable import PostgresTesting

/// A template that no other test has, and how often it was prepared.
private final class CountedTemplate: Sendable {
    private let times = Mutex(0)
    private let version = "\(UInt64.random(in: 0...(.max)))"

    var count: Int { times.withLock { $0 } }

    var template: DatabaseTemplate {
        DatabaseTemplate("counted", version: version) { database in
            self.times.withLock { $0 += 1 }
            try await database.execute("CREATE TABLE orders (id bigint PRIMARY KEY)")
            try await database.execute("INSERT INTO orders VALUES (1)")
        }
    }

    func databaseName(_ server: PostgresPool) async throws -> String {
        template.databaseName(owner: try await server.query("SELECT current_user::text AS name")[0].decode("name"))
    }

    /// Drops what was prepared, also on a server that outlives the tests.
    func drop(_ server: PostgresPool) async throws {
        let name = try await databaseName(server)
        try await server.execute("DROP DATABASE IF EXISTS \(PostgresIdentifier(name))")
    }
}

extension PostgresPool {
    fileprivate func isEmpty(_ table: String) async throws -> Bool {
        try await query("SELECT FROM \(table) LIMIT 1").isEmpty
    }

    fileprivate func databases(like pattern: String) async throws -> [String] {
        try await query("SELECT datname::text AS name FROM pg_database WHERE datname LIKE $1", pattern)
            .map { try $0.decode("name") }
    }
}

@Suite("A database for a test")
struct DatabaseTemplateTests {
    @Test(
        "comes from a template that is prepared once, however many tests ask at the same time, and each changes its own"
    )
    func copies() async throws {
        let counted = CountedTemplate()
        try await withThrowingTaskGroup { group in
            for _ in 0..<12 {
                group.addTask {
                    try await withStitchTest { test in
                        let database = try await test.database(counted.template)
                        #expect(try await database.query("SELECT FROM orders").count == 1)
                        try await database.execute("DELETE FROM orders")
                        let again = try await test.database()
                        #expect(try await again.isEmpty("orders"))
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(counted.count == 1)
        try await withStitchTest { try await counted.drop($0.database()) }
    }

    @Test("comes from a template that is made again when somebody has dropped it")
    func dropped() async throws {
        let counted = CountedTemplate()
        for _ in 1...2 {
            try await withStitchTest { test in
                let database = try await test.database(counted.template)
                #expect(try await !database.isEmpty("orders"))
                try await counted.drop(database)
            }
        }
        #expect(counted.count == 2)
    }

    @Test("comes from one template for several processes that prepare it at the same time; nobody can connect to that")
    func processes() async throws {
        let counted = CountedTemplate()
        try await withStitchTest { test in
            let server = try await test.database()
            let names = try await withThrowingTaskGroup { group in
                for _ in 0..<4 {
                    group.addTask { try await PreparedTemplates(on: server).database(of: counted.template) }
                }
                return try await group.reduce(into: Set<String>()) { $0.insert($1) }
            }
            let name = try await counted.databaseName(server)
            #expect(names == [name])
            var configuration = server.configuration
            configuration.database = name
            let pool = try PostgresPool(configuration)
            await #expect(throws: PostgresError.self) { try await pool.query("SELECT") }
            await pool.shutdown()
            // Another one that comes later finds it.
            let before = counted.count
            #expect(try await PreparedTemplates(on: server).database(of: counted.template) == name)
            #expect(counted.count == before)
            try await counted.drop(server)
        }
    }

    @Test("does not come from a template whose preparation failed; the error is told, and the next test tries again")
    func failure() async throws {
        struct Refused: Error {}
        let version = "\(UInt64.random(in: 0...(.max)))"
        let tries = Mutex(0)
        let template = DatabaseTemplate("failing", version: version) { database in
            try await database.execute("CREATE TABLE half ()")
            if tries.withLock({ tries in
                tries += 1
                return tries == 1
            }) {
                throw Refused()
            }
        }
        let error = await #expect(throws: PostgresTestingError.self) {
            try await withStitchTest { test in _ = try await test.database(template) }
        }
        #expect(error?.code == .databaseFailed && error?.cause is Refused)
        try await withStitchTest { test in
            let database = try await test.database(template)
            #expect(try await database.isEmpty("half"))
            let name = template.databaseName(
                owner: try await database.query("SELECT current_user::text AS name")[0].decode("name")
            )
            #expect(try await database.databases(like: name) == [name])
            try await database.execute("DROP DATABASE \(PostgresIdentifier(name))")
        }
    }

    @Test("does not come from a template whose preparation fails as a name does that is taken")
    func uniqueViolation() async throws {
        let template = DatabaseTemplate("violating", version: "\(UInt64.random(in: 0...(.max)))") { database in
            try await database.execute("CREATE TABLE orders (id bigint PRIMARY KEY)")
            try await database.execute("INSERT INTO orders VALUES (1), (1)")
        }
        let error = await #expect(throws: PostgresTestingError.self) {
            try await withStitchTest { test in _ = try await test.database(template) }
        }
        #expect((error?.cause as? PostgresError)?.code == .server("23505"))
    }

    @Test("is one: a second template is refused, and a queue goes into the database that is there")
    func one() async throws {
        let counted = CountedTemplate()
        try await withStitchTest { test in
            let database = try await test.database()
            await #expect(throws: StitchTestError.self) { try await test.database(counted.template) }
            #expect(counted.count == 0)
            let jobs = try await test.jobs()
            #expect(jobs.database.configuration.database == database.configuration.database)
            let worker = try JobWorker(jobs, queues: ["default": 1]).handle(SendReceipt.self) { _, _ in }
            try await jobs.enqueue(SendReceipt(orderID: 7), after: .seconds(3600))
            try await worker.drain(advancingTime: true)
            #expect(worker.counts.succeeded == 1)
        }
    }
}
