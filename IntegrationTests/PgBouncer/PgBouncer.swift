// SPDX-License-Identifier: Apache-2.0

import Foundation
import StitchPostgres
import Testing

/// A PgBouncer in transaction mode before a database, with two connections to the server for all.
struct PgBouncer {
    /// Where the executable is: `STITCH_PGBOUNCER`, or where packages put it.
    static let executable: String? = {
        let environment = ProcessInfo.processInfo.environment
        let folders =
            (environment["PATH"] ?? "").split(separator: ":").map(String.init) + ["/usr/sbin", "/usr/local/sbin"]
        return ([environment["STITCH_PGBOUNCER"]].compactMap { $0 } + folders.map { "\($0)/pgbouncer" })
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }()

    private static let port = 6432

    /// Starts one, and lends what leads through it.
    ///
    /// - Parameters:
    ///   - database: What is to be behind it.
    ///   - body: Gets the pooler's address, as of a direct server.
    /// - Throws: What `body` throws, or why none could be started.
    static func with(_ database: PostgresPool, _ body: (PostgresConfiguration) async throws -> Void) async throws {
        let executable = try #require(executable)
        let folder = FileManager.default.temporaryDirectory.appending(path: "pgb-\(UInt32.random(in: 0 ... .max))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        // PgBouncer runs as nobody where root runs the tests, and makes its socket there.
        try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: folder.path)
        let (server, user, name) = try await place(of: database)
        try """
        [databases]
        \(name) = \(server)
        [pgbouncer]
        listen_port = \(port)
        unix_socket_dir = \(folder.path)
        auth_type = trust
        auth_file = \(folder.path)/users
        pool_mode = transaction
        default_pool_size = 2
        """
        .write(to: folder.appending(path: "ini"), atomically: false, encoding: .utf8)
        try "\"\(user)\" \"\"\n".write(to: folder.appending(path: "users"), atomically: false, encoding: .utf8)

        let process = Process()
        process.executableURL = URL(filePath: executable)
        process.arguments = (getuid() == 0 ? ["-u", "nobody"] : []) + [folder.appending(path: "ini").path]
        let output = Pipe()
        process.standardError = output
        let (exits, exit) = AsyncStream.makeStream(of: Void.self)
        process.terminationHandler = { _ in exit.finish() }
        try process.run()
        try? output.fileHandleForWriting.close()
        await readUntilItIsUp(output.fileHandleForReading)
        let address = try PostgresConfiguration("host=\(folder.path) port=\(port) dbname=\(name) user=\(user)")
        let result: Result<Void, any Error>
        do { result = .success(try await body(address)) } catch { result = .failure(error) }
        // It inherits what threads of this process block, SIGTERM too.
        kill(process.processIdentifier, SIGKILL)
        for await _ in exits {}
        try result.get()
    }

    /// Waits until it says that it is there, or has ended; what it says later is read and left.
    private static func readUntilItIsUp(_ output: FileHandle) async {
        let (signals, signal) = AsyncStream.makeStream(of: Void.self)
        Thread.detachNewThread {
            var said = ""
            while case let data = output.availableData, !data.isEmpty {
                said = String((said + String(decoding: data, as: UTF8.self)).suffix(4096))
                if said.contains("process up") { signal.finish() }
            }
            signal.finish()
        }
        for await _ in signals {}
    }

    /// How the database is reached, by whom, and its name.
    private static func place(of database: PostgresPool) async throws -> (server: String, user: String, name: String) {
        let sql = """
            SELECT coalesce(host(inet_server_addr()), split_part(current_setting('unix_socket_directories'), ',', 1)),
                current_setting('port'), current_user::text, current_database()::text
            """
        let row = try #require(try await database.query(sql).first)
        let (host, port): (String, String) = (try row.decode(0), try row.decode(1))
        let (user, name): (String, String) = (try row.decode(2), try row.decode(3))
        return ("host=\(host) port=\(port)", user, name)
    }
}
