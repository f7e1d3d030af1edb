// SPDX-License-Identifier: Apache-2.0

import Foundation
import PostgresTesting
import StitchPostgres
import Testing

@Suite("A temporary Postgres")
struct TemporaryPostgresTests {
    @Test("It answers, and leaves no folder and no server behind when it is stopped")
    func stop() async throws {
        let postgres = try await TemporaryPostgres()
        var configuration = try PostgresConfiguration(postgres.url)
        // How busy the machine is says nothing about the server.
        configuration.connectTimeout = .seconds(120)
        let pool = try PostgresPool(configuration)
        #expect(try await pool.query("SELECT 1").count == 1)
        #expect(FileManager.default.fileExists(atPath: postgres.folder))
        await postgres.stop()
        await postgres.stop()
        #expect(!FileManager.default.fileExists(atPath: postgres.folder))
        let error = await #expect(throws: PostgresError.self) { try await PostgresPool(postgres.url).query("SELECT 1") }
        #expect(error?.code == .connectionFailed)
    }

    @Test("It waits for the disk and has the settings that it is given; what a shell would read is refused")
    func settings() async throws {
        let postgres = try await TemporaryPostgres(isDurable: true, settings: ["work_mem": "8MB"])
        var configuration = try PostgresConfiguration(postgres.url)
        configuration.connectTimeout = .seconds(120)
        let pool = try PostgresPool(configuration)
        let row = try await pool.query(
            "SELECT current_setting('fsync') AS fsync, current_setting('work_mem') AS memory"
        )[0]
        #expect(try row.decode("fsync", as: String.self) == "on")
        #expect(try row.decode("memory", as: String.self) == "8MB")
        await pool.shutdown()
        await postgres.stop()
        let error = await #expect(throws: PostgresTestingError.self) {
            try await TemporaryPostgres(settings: ["work_mem": "8MB; id"])
        }
        #expect(error?.message.contains("work_mem") == true)
    }
}
