// SPDX-License-Identifier: Apache-2.0

import Foundation
import StitchPostgres

/// The server that all tests of a process use: the one that `POSTGRES_URL` names, else a temporary one.
final class TestServer: Sendable {
    // One for the process, found by whoever needs it first; the guardian of a temporary one stops it when the process
    // ends, and so do the connections of the pool.
    private static let found = Task { () async throws -> TestServer in
        if let url = ProcessInfo.processInfo.environment["POSTGRES_URL"], !url.isEmpty {
            return try TestServer(PostgresConfiguration(url), temporary: nil)
        }
        let temporary = try await TemporaryPostgres()
        return try TestServer(PostgresConfiguration(temporary.url), temporary: temporary)
    }

    /// The server.
    static var current: TestServer {
        get async throws { try await found.value }
    }

    private let pool: PostgresPool
    private let templates: PreparedTemplates
    private let temporary: TemporaryPostgres?
    private let configuration: PostgresConfiguration

    private init(_ configuration: PostgresConfiguration, temporary: TemporaryPostgres?) throws {
        self.configuration = configuration
        self.temporary = temporary
        var administration = configuration
        // Each DROP makes the server write down all that is new: databases that are made together are dropped together, and
        // share that.
        administration.maximumConnections = 16
        // All tests of a suite may ask at once.
        administration.acquireTimeout = .seconds(300)
        administration.connectTimeout = max(administration.connectTimeout, Self.patience)
        pool = try PostgresPool(administration)
        templates = PreparedTemplates(on: pool)
    }

    /// Makes a database: an empty one, or a copy of a template.
    ///
    /// - Returns: How to reach it.
    func makeDatabase(from template: DatabaseTemplate?) async throws -> PostgresConfiguration {
        let name = "stitch_test_\(UInt64.random(in: 0...(.max)))"
        do {
            try await create(name, from: template)
        } catch {
            throw PostgresTestingError(.databaseFailed, "Making the test's database failed: \(error)", cause: error)
        }
        var configuration = configuration
        configuration.database = name
        return configuration
    }

    private func create(_ name: String, from template: DatabaseTemplate?) async throws {
        guard let template else {
            try await pool.execute("CREATE DATABASE \(name)")
            return
        }
        if try await !copy(template, to: name) {
            // Somebody has dropped it.
            templates.forget(template)
            guard try await copy(template, to: name) else {
                throw PostgresTestingError(.databaseFailed, "The template \(template.name) is dropped time and again")
            }
        }
    }

    /// Copies a template; `false` if it isn't there.
    private func copy(_ template: DatabaseTemplate, to name: String) async throws -> Bool {
        let source = try await templates.database(of: template)
        do {
            try await pool.execute("CREATE DATABASE \(name) TEMPLATE \(PostgresIdentifier(source))")
            return true
        } catch {
            if error.code.sqlState == Self.unknownDatabase { return false }
            throw error
        }
    }

    /// Drops a database, with the connections that are still open to it.
    func drop(_ database: PostgresConfiguration) async throws {
        guard let name = database.database else { return }
        // Through a connection that is made now: until it stands, the server has seen the test's own ones go. A DROP that
        // still finds one waits for a tenth of a second.
        var administration = configuration
        administration.connectTimeout = max(administration.connectTimeout, Self.patience)
        let single = try PostgresPool(administration)
        do {
            try await single.execute("DROP DATABASE IF EXISTS \(PostgresIdentifier(name)) WITH (FORCE)")
        } catch {
            await single.shutdown()
            throw PostgresTestingError(.databaseFailed, "Dropping the test's database failed: \(error)", cause: error)
        }
        await single.shutdown()
    }

    /// How long the server may take to let us in: while it writes down what many tests did, that may be long.
    private static let patience = Duration.seconds(60)

    private static let unknownDatabase = "3D000"
}
