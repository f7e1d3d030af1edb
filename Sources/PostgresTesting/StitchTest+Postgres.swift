// SPDX-License-Identifier: Apache-2.0

public import StitchPostgres
public import StitchTesting
public import TracedJobs

extension StitchTest {
    /// A database of the test's own: the same at each call, dropped when the test has ended.
    ///
    /// It lies on the server that `POSTGRES_URL` names, else on one ``TemporaryPostgres`` for all tests of the process.
    ///
    /// - Parameter template: What it is a copy of, at the first call; empty unless given.
    /// - Returns: Connections to it.
    /// - Throws: ``PostgresTestingError`` when there is no server, or it refuses, or the template can't be prepared;
    ///   `StitchTestError` when the test has another database already.
    public func database(_ template: DatabaseTemplate? = nil) async throws -> PostgresPool {
        let database = try await testDatabase(from: template)
        if let template, !database.isCopy(of: template) {
            throw StitchTestError(
                "the test has a database already, which is no copy of the template \(template.name); ask for that one first"
            )
        }
        return database.pool
    }

    /// A job queue in the test's own database, with its tables, and with a clock that `JobWorker.drain(advancingTime:)`
    /// can move: the same at each call.
    ///
    /// Unless the test has asked for ``database(_:)`` before, the database is a copy of one in which all that is there.
    ///
    /// - Throws: What ``database(_:)`` throws, `JobError` when the tables can't be made.
    public func jobs() async throws -> JobQueue {
        try await resource("PostgresTesting.jobs") { [self] in
            let database = try await testDatabase(from: .jobs)
            let jobs = try JobQueue(database.pool)
            if !database.isCopy(of: .jobs) { try await MovableClock.makeTables(of: jobs) }
            return jobs
        }
    }

    private func testDatabase(from template: DatabaseTemplate?) async throws -> TestDatabase {
        try await resource("PostgresTesting.database") { [self] in
            let server = try await TestServer.current
            var configuration = try await server.makeDatabase(from: template)
            configuration.drain = .seconds(5)
            onFinish { [configuration] in try await server.drop(configuration) }
            let pool = try PostgresPool(configuration)
            onFinish { await pool.shutdown() }
            return TestDatabase(pool: pool, template: template)
        }
    }
}

/// The database of a test, and what it was copied from.
private struct TestDatabase: Sendable {
    let pool: PostgresPool
    let template: DatabaseTemplate?

    func isCopy(of other: DatabaseTemplate) -> Bool {
        template.map { $0.name == other.name && $0.version == other.version } ?? false
    }
}
