// SPDX-License-Identifier: Apache-2.0

import Foundation
import StitchPostgres
import TracedJobs

/// The server that all tests of a process use: the one that `POSTGRES_URL` names, else a temporary one.
enum TestServer {
    // One for the process, started by whoever needs it first; the guardian stops it when the process ends.
    private static let temporary = Task { () async throws -> TemporaryPostgres in try await TemporaryPostgres() }

    static func configuration() async throws -> PostgresConfiguration {
        if let url = ProcessInfo.processInfo.environment["POSTGRES_URL"], !url.isEmpty {
            return try PostgresConfiguration(url)
        }
        return try PostgresConfiguration(await temporary.value.url)
    }

    /// Makes an empty database.
    ///
    /// - Returns: How to reach it.
    static func makeDatabase() async throws -> PostgresConfiguration {
        var configuration = try await configuration()
        let name = "stitch_test_\(UInt64.random(in: 0...(.max)))"
        try await administer(configuration, "CREATE DATABASE \(name)")
        configuration.database = name
        return configuration
    }

    /// Drops a database, with the connections that are still open to it.
    static func drop(_ database: PostgresConfiguration) async throws {
        guard let name = database.database else { return }
        try await administer(configuration(), "DROP DATABASE IF EXISTS \(PostgresIdentifier(name)) WITH (FORCE)")
    }

    private static func administer(_ configuration: PostgresConfiguration, _ statement: String) async throws {
        let pool = try PostgresPool(configuration)
        do { try await pool.execute(statement) } catch {
            await pool.shutdown()
            throw PostgresTestingError(.databaseFailed, "Making or dropping the test's database failed", cause: error)
        }
        await pool.shutdown()
    }
}
