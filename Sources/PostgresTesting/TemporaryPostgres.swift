// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A Postgres server that lives as long as the process that wanted it, in a folder of its own.
///
/// The folder is under `TMPDIR`; without that in memory, under `/dev/shm`, where 2 GB are free there; else, and where that
/// is too long for a socket's path or closed to the server's user, under `/tmp`.
///
/// It is the system's Postgres (see ``PostgresTestingError/Code/serverNotInstalled``), started on a free port of
/// 127.0.0.1, for speed without syncing to the disk unless it is to be durable, and open to every user of the machine.
/// Started by root, it runs as another user.
///
/// **Contract.** Whoever makes it calls ``stop()``. If that never happens, because the process crashes or is killed, a
/// small guardian process stops the server and removes the folder all the same. May be shared by all tasks.
///
/// ```swift
/// let postgres = try await TemporaryPostgres()
/// let database = try PostgresPool(postgres.url)
/// ```
public final class TemporaryPostgres: Sendable {
    /// The address of the server's database `postgres`, as its superuser.
    public let url: String

    /// The folder that holds its data and its log until it is stopped.
    public let folder: String

    private let guardian: Guardian

    /// Starts a server; takes about a second.
    ///
    /// - Parameters:
    ///   - isDurable: Whether a commit waits for the disk, as in a server that is installed; then nothing is kept in memory
    ///     alone. For measurements; tests are faster without.
    ///   - settings: Other parameters of the server by name, of letters, digits, `.`, `_` and `-` alone.
    /// - Throws: ``PostgresTestingError``, saying what to install or why the server did not start.
    public init(
        isDurable: Bool = false,
        settings: KeyValuePairs<String, String> = [:]
    ) async throws(PostgresTestingError) {
        let binaries = try PostgresBinaries.find()
        let kind = [isDurable ? "durable" : "fast"] + (try Self.arguments(settings))
        var remainingTries = 3
        while true {
            guard let port = freePort() else {
                throw PostgresTestingError(.serverFailed, "Starting a temporary Postgres failed: no port is free")
            }
            do {
                guardian = try await Guardian.start(arguments: [binaries.folder, String(port)] + kind)
                folder = guardian.folder
                url = "postgres://postgres@127.0.0.1:\(port)/postgres"
                return
            } catch {
                // Somebody else may have taken the port in between.
                remainingTries -= 1
                if remainingTries == 0 { throw error }
            }
        }
    }

    /// What is given to a shell must be nothing to it.
    private static func arguments(
        _ settings: KeyValuePairs<String, String>
    ) throws(PostgresTestingError) -> [String] {
        let allowed = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
        return try settings.map { name, value throws(PostgresTestingError) in
            guard !name.isEmpty, (name + value).allSatisfy(allowed.contains) else {
                throw PostgresTestingError(
                    .serverFailed,
                    "Starting a temporary Postgres failed: the setting \(name) has other characters than letters, digits, "
                        + "'.', '_' and '-'"
                )
            }
            return "\(name)=\(value)"
        }
    }

    /// Lets the server crash, and start again at the same address with what it had written to its log.
    ///
    /// All connections break, and what was committed with `synchronous_commit` off may be gone. Returns at once: the server
    /// is away for a moment, and back when `pg_postmaster_start_time()` says another time.
    public func crash() { guardian.crash() }

    /// Stops the server and removes its folder.
    ///
    /// May be called more than once.
    public func stop() async {
        await guardian.stop()
    }
}
