// SPDX-License-Identifier: Apache-2.0

import Foundation
import PostgresTesting
import StitchPostgres
import StitchTesting
import Synchronization
import Testing
import TracedJobs

@Suite("Postgres over TLS", .timeLimit(.minutes(2)))
struct PostgresSecurityTests {
    /// Runs something with a server that has a certificate for its address, which is in a file of ours.
    private func withServer(_ body: (_ url: String, _ certificate: String) async throws -> Void) async throws {
        let server = try await TemporaryPostgres()
        let database = try PostgresPool(server.url)
        // Made by the server's own user, to whom alone the key may belong.
        try await database.execute(
            """
            COPY (SELECT 1) TO PROGRAM 'openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2
                -subj /CN=postgres -addext subjectAltName=IP:127.0.0.1 -keyout server.key -out server.crt 2>/dev/null'
            """.replacing("\n", with: " ")
        )
        let certificate = FileManager.default.temporaryDirectory.appending(path: "stitch-postgres-\(UUID()).crt")
        let text: String = try await database.query("SELECT pg_read_file('server.crt') AS text")[0].decode("text")
        try Data(text.utf8).write(to: certificate)
        defer { try? FileManager.default.removeItem(at: certificate) }
        try await database.execute("ALTER SYSTEM SET ssl = on")
        _ = try await database.query("SELECT pg_reload_conf()")
        // The postmaster reads its configuration when it comes to it; connections from then on may be encrypted.
        let encrypted = try PostgresPool(server.url + "?sslmode=require")
        while (try? await encrypted.query("SELECT 1")) == nil { try await Task.sleep(for: .milliseconds(20)) }
        await encrypted.shutdown()
        try await body(server.url, certificate.path)
        await database.shutdown()
        await server.stop()
    }

    @Test("Connections are encrypted and check the server as libpq's options say; jobs are enqueued, heard of and done")
    func encrypted() async throws {
        try await withServer { url, certificate in
            // A busy machine may take long for keys and greetings.
            let database = try PostgresPool(
                "\(url)?sslmode=verify-full&sslrootcert=\(certificate)&connect_timeout=120"
            )
            let isEncrypted: Bool = try await database.query(
                "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
            )[0].decode("ssl")
            #expect(isEncrypted)
            // More than one record of TLS holds, both ways.
            let large = [UInt8](repeating: 7, count: 1 << 20)
            let echoed: [UInt8] = try await database.query("SELECT $1::bytea AS bytes", large)[0].decode("bytes")
            #expect(echoed == large)

            let jobs = try JobQueue(database)
            try await jobs.migrate()
            let inbox = Inbox<Int>()
            var configuration = JobWorkerConfiguration(queues: ["default": 1])
            // Only what it hears of wakes it.
            configuration.fallbackInterval = .seconds(3600)
            let worker = try JobWorker(jobs, configuration).handle(SendReceipt.self) { job, _ in inbox.put(job.orderID)
            }
            let running = Task { try await worker.run() }
            try await jobs.enqueue(SendReceipt(orderID: 1))
            #expect(await inbox.take(1) == [1])
            try await jobs.enqueue(all: (2...400).map { SendReceipt(orderID: $0) })
            #expect(await inbox.take(399).sorted() == Array(2...400))
            await worker.shutdown()
            try await running.value
            await database.shutdown()
        }
    }

    @Test("A server that is not the one it should be is refused, and the error says so and is no secret")
    func refused() async throws {
        try await withServer { url, certificate in
            let other = url.replacing("127.0.0.1", with: "localhost").replacing("postgres@", with: "postgres:hunter2@")
            for (options, word) in [
                ("sslmode=verify-full&sslrootcert=\(certificate)", "does not match host name"),
                ("sslmode=verify-ca&sslrootcert=/dev/null", "certificate"),
            ] {
                let database = try PostgresPool("\(other)?\(options)")
                let error = await #expect(throws: PostgresError.self) { _ = try await database.query("SELECT 1") }
                #expect(error?.message.contains(word) == true, "\(String(describing: error))")
                #expect(error?.description.contains("hunter2") == false)
                await database.shutdown()
            }
        }
    }
}
