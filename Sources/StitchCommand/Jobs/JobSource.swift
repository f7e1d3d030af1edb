// SPDX-License-Identifier: Apache-2.0

import StitchPostgres
import TracedJobs

/// Where a command finds the job queue: in the database and the schema that its options or the environment name.
enum JobSource {
    static let options = [
        OptionDescription("postgres", "URL", "the database, postgres://user@host/database; POSTGRES_URL unless given"),
        OptionDescription("schema", "NAME", "the schema of the queue; \(JobQueue.defaultSchema) unless given"),
    ]

    /// Variables of libpq that say where a database is.
    private static let libraryVariables = ["PGHOST", "PGHOSTADDR", "PGSERVICE", "PGDATABASE"]

    /// Runs something with a queue whose tables are there, of this version.
    static func withQueue<Success: Sendable>(
        _ arguments: ParsedArguments,
        _ console: Console,
        _ body: (JobQueue) async throws -> Success
    ) async throws -> Success {
        try await withDatabase(arguments, console) { jobs in
            let version = try await jobs.schemaVersion()
            switch version.found {
            case version.wanted?: return try await body(jobs)
            case let found?:
                throw CommandError.failure(
                    "schema \(jobs.schema) is at version \(found), and this stitch needs \(version.wanted); "
                        + "run `stitch migrate`"
                )
            case nil:
                throw CommandError.failure(
                    "there is no job queue in schema \(jobs.schema) of this database; name another with --schema, or make "
                        + "it with `stitch migrate`"
                )
            }
        }
    }

    /// Runs something with a queue whose tables may be missing.
    static func withDatabase<Success: Sendable>(
        _ arguments: ParsedArguments,
        _ console: Console,
        _ body: (JobQueue) async throws -> Success
    ) async throws -> Success {
        var configuration = try configuration(arguments, console)
        configuration.maximumConnections = 1
        if configuration.applicationName == nil { configuration.applicationName = "stitch" }
        let database = try PostgresPool(configuration)
        let result: Result<Success, any Error>
        do {
            let jobs = try JobQueue(database, schema: arguments["schema"] ?? JobQueue.defaultSchema)
            result = .success(try await body(jobs))
        } catch {
            result = .failure(error)
        }
        await database.shutdown()
        return try result.get()
    }

    private static func configuration(
        _ arguments: ParsedArguments,
        _ console: Console
    ) throws -> PostgresConfiguration {
        if let url = arguments["postgres"] { return try PostgresConfiguration(url) }
        let isNamed = (["POSTGRES_URL"] + libraryVariables).contains { !(console.environment[$0] ?? "").isEmpty }
        guard isNamed else {
            throw CommandError.usage(
                "the database is not known: give --postgres postgres://user@host/database, or set POSTGRES_URL or PGHOST"
            )
        }
        return try PostgresConfiguration(environment: console.environment)
    }
}

extension JobQueue {
    /// A table or function of the queue's schema, as statements name it.
    func named(_ name: String) -> String { "\(PostgresIdentifier(schema)).\(name)" }
}
