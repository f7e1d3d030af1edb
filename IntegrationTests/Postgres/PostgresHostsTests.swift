// SPDX-License-Identifier: Apache-2.0

import Foundation
import PostgresTesting
import StitchPostgres
import StitchTesting
import Testing

@Suite("Several hosts in an address", .timeLimit(.minutes(2)))
struct PostgresHostsTests {
    @Test("One that says nothing has its share of the time, then the next one is tried")
    func silent() async throws {
        let server = try await TemporaryPostgres()
        let silent = try SilentServer()
        let address = try #require(URLComponents(string: server.url))
        let host = "\(try #require(address.host)):\(try #require(address.port))"
        for hosts in [["127.0.0.1:\(silent.port)", host], ["127.0.0.1:1", "127.0.0.1:\(silent.port)", host]] {
            var configuration = try PostgresConfiguration(
                "postgres://postgres@\(hosts.joined(separator: ","))/postgres?target_session_attrs=read-write"
            )
            configuration.connectTimeout = .seconds(20)
            let pool = try PostgresPool(configuration)
            #expect(try await pool.query("SELECT 1").count == 1)
            await pool.shutdown()
        }
        await server.stop()
    }

    @Test("When nobody answers, the error says who, and cancelling ends the try at once")
    func nobody() async throws {
        let silent = try [SilentServer(), SilentServer()]
        let hosts = silent.map { "127.0.0.1:\($0.port)" }
        var configuration = try PostgresConfiguration("postgres://me:hunter2@\(hosts.joined(separator: ","))/shop")
        configuration.connectTimeout = .milliseconds(200)
        let pool = try PostgresPool(configuration)
        let error = try #require(await #expect(throws: PostgresError.self) { try await pool.query("SELECT 1") })
        #expect(error.code == .connectionFailed && error.isRetryable)
        #expect(error.message.contains(hosts[0]) && !error.message.contains("hunter2"))
        await pool.shutdown()

        configuration.connectTimeout = .seconds(3600)
        let patient = try PostgresPool(configuration)
        let task = Task { try await patient.query("SELECT 1") }
        task.cancel()
        let cancelled = await #expect(throws: PostgresError.self) { try await task.value }
        #expect(cancelled?.code == .cancelled)
        await patient.shutdown()
    }
}
