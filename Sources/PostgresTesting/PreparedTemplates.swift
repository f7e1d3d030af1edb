// SPDX-License-Identifier: Apache-2.0

import StitchPostgres
import Synchronization

/// The templates that this process knows to be on the server.
final class PreparedTemplates: Sendable {
    private let server: PostgresPool
    private let names = Mutex<[String: Task<String, any Error>]>([:])

    init(on server: PostgresPool) { self.server = server }

    /// The name of a template's database, which is prepared now unless it has been.
    func database(of template: DatabaseTemplate) async throws -> String {
        let key = template.databaseName(owner: "")
        // Whoever asks awaits the task; a test that is cancelled does not take the template from the others.
        let task = names.withLock { names in
            let task = names[key] ?? Task { try await prepare(template) }
            names[key] = task
            return task
        }
        do { return try await task.value } catch {
            forget(template)
            throw error
        }
    }

    /// The database isn't there any more.
    func forget(_ template: DatabaseTemplate) {
        names.withLock { $0[template.databaseName(owner: "")] = nil }
    }

    private func prepare(_ template: DatabaseTemplate) async throws -> String {
        let owner: String = try await server.query("SELECT current_user::text AS name")[0].decode("name")
        let name = template.databaseName(owner: owner)
        let found = try await server.query("SELECT FROM pg_database WHERE datname = $1", name)
        guard found.isEmpty else { return name }
        // Under a name of its own until it is whole: what has the template's name can be copied, also if this process
        // dies in between, or another one prepares the same.
        let unfinished = "stitch_building_\(UInt64.random(in: 0...(.max)))"
        try await server.execute("CREATE DATABASE \(unfinished)")
        do {
            try await fill(unfinished, by: template)
            // A database that somebody is connected to can't be copied.
            try await server.execute("ALTER DATABASE \(unfinished) WITH ALLOW_CONNECTIONS false")
            try await publish(unfinished, as: name)
        } catch {
            await drop(unfinished)
            throw error
        }
        return name
    }

    /// Gives a whole template its name, unless another process has been faster.
    private func publish(_ unfinished: String, as name: String) async throws {
        do {
            try await server.execute("ALTER DATABASE \(unfinished) RENAME TO \(PostgresIdentifier(name))")
        } catch {
            guard let state = error.code.sqlState, Self.nameIsTaken.contains(state) else { throw error }
            await drop(unfinished)
        }
    }

    private func drop(_ unfinished: String) async {
        _ = try? await server.execute("DROP DATABASE IF EXISTS \(unfinished) WITH (FORCE)")
    }

    private func fill(_ database: String, by template: DatabaseTemplate) async throws {
        var configuration = server.configuration
        configuration.database = database
        let pool = try PostgresPool(configuration)
        do { try await template.prepare(pool) } catch {
            await pool.shutdown()
            throw error
        }
        await pool.shutdown()
    }

    /// What a server says that has a database of that name, or gets one at the same moment.
    private static let nameIsTaken = ["42P04", "23505"]
}
