// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import PostgresTesting

@Suite("Finding a Postgres server")
struct PostgresBinariesTests {
    @Test("The newest of several versions is taken")
    func newest() throws {
        let found = try PostgresBinaries.find(
            environment: ["PATH": "/usr/bin"],
            isExecutable: { $0.hasPrefix("/usr/lib/postgresql/") },
            list: { $0 == "/usr/lib/postgresql" ? ["9.6", "15", "18", "README"] : [] }
        )
        #expect(found.folder == "/usr/lib/postgresql/18/bin")
    }

    @Test("A folder of PATH that holds only some of the programs is passed over")
    func incomplete() throws {
        let found = try PostgresBinaries.find(
            environment: ["PATH": "/a:/b"],
            isExecutable: { $0 == "/a/postgres" || $0.hasPrefix("/b/") },
            list: { _ in [] }
        )
        #expect(found.folder == "/b")
    }

    @Test("STITCH_POSTGRES_BIN counts before all others, and is refused by name when it is wrong")
    func override() throws {
        let found = try PostgresBinaries.find(
            environment: ["PATH": "/a", "STITCH_POSTGRES_BIN": "/mine"],
            isExecutable: { _ in true },
            list: { _ in [] }
        )
        #expect(found.folder == "/mine")
        let error = try #require(throws: PostgresTestingError.self) {
            try PostgresBinaries.find(
                environment: ["STITCH_POSTGRES_BIN": "/mine"],
                isExecutable: { _ in false },
                list: { _ in [] }
            )
        }
        #expect(error.code == .serverNotInstalled)
        #expect(error.message.contains("/mine"))
    }

    @Test("Without a server the error says what to install")
    func missing() throws {
        let error = try #require(throws: PostgresTestingError.self) {
            try PostgresBinaries.find(environment: [:], isExecutable: { _ in false }, list: { _ in [] })
        }
        #expect(error.message.contains("apt-get install postgresql"))
    }

    @Test("What the guardian says is read line by line")
    func report() {
        let report = GuardianReport(lines: "folder /tmp/stitch-pg.x\nfailed the server did not start: address in use\n")
        #expect(report.folder == "/tmp/stitch-pg.x")
        #expect(!report.isReady)
        #expect(report.failure == "the server did not start: address in use")
        #expect(GuardianReport(lines: "folder /tmp/x\nready\n").isReady)
    }
}
