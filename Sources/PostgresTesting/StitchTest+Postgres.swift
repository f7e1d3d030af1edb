// SPDX-License-Identifier: Apache-2.0

public import StitchPostgres
public import StitchTesting
public import TracedJobs

extension StitchTest {
    /// A database of the test's own: the same at each call, dropped when the test has ended.
    ///
    /// It lies on the server that `POSTGRES_URL` names, else on one ``TemporaryPostgres`` for all tests of the process.
    ///
    /// - Throws: ``PostgresTestingError`` when there is no server, `PostgresError` when it refuses.
    public func database() async throws -> PostgresPool {
        try await resource("PostgresTesting.database") { [self] in
            var configuration = try await TestServer.makeDatabase()
            configuration.drain = .seconds(5)
            onFinish { [configuration] in try await TestServer.drop(configuration) }
            let pool = try PostgresPool(configuration)
            onFinish { await pool.shutdown() }
            return pool
        }
    }

    /// A job queue in the test's own database, with its tables, and with a clock that `JobWorker.drain(advancingTime:)`
    /// can move: the same at each call.
    ///
    /// - Throws: What ``database()`` throws, `JobError` when the tables can't be made.
    public func jobs() async throws -> JobQueue {
        try await resource("PostgresTesting.jobs") { [self] in
            let jobs = try JobQueue(await database())
            try await jobs.migrate()
            try await MovableClock(jobs).install()
            return jobs
        }
    }
}
