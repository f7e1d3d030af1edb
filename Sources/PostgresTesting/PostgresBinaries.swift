// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Where the programs of a Postgres server lie.
struct PostgresBinaries: Sendable, Equatable {
    let folder: String

    private static let programs = ["initdb", "pg_ctl", "postgres"]

    /// Finds them: `STITCH_POSTGRES_BIN`, the folders of `PATH`, Debian's and Red Hat's versioned folders, Homebrew's; the
    /// newest version first.
    ///
    /// - Throws: ``PostgresTestingError/Code/serverNotInstalled``, which names what to install.
    static func find(
        environment: [String: String] = ProcessInfo.processInfo.environment,
        isExecutable: (String) -> Bool = { FileManager.default.isExecutableFile(atPath: $0) },
        list: (String) -> [String] = { (try? FileManager.default.contentsOfDirectory(atPath: $0)) ?? [] }
    ) throws(PostgresTestingError) -> PostgresBinaries {
        func holdsPrograms(_ folder: String) -> Bool {
            programs.allSatisfy { isExecutable("\(folder)/\($0)") }
        }
        if let folder = environment["STITCH_POSTGRES_BIN"], !folder.isEmpty {
            guard holdsPrograms(folder) else {
                throw PostgresTestingError(
                    .serverNotInstalled,
                    "STITCH_POSTGRES_BIN is \(folder), which does not hold \(programs.joined(separator: ", "))"
                )
            }
            return PostgresBinaries(folder: folder)
        }
        let path = (environment["PATH"] ?? "").split(separator: ":").map(String.init)
        let versioned = [
            ("/usr/lib/postgresql", "", "/bin"), ("/usr", "pgsql-", "/bin"),
            ("/opt/homebrew/opt", "postgresql@", "/bin"), ("/usr/local/opt", "postgresql@", "/bin"),
        ].flatMap { parent, prefix, suffix in
            list(parent)
                .compactMap { name in name.hasPrefix(prefix) ? Double(name.dropFirst(prefix.count)) : nil }
                .sorted(by: >)
                .map { "\(parent)/\(prefix)\($0.formatted(.number.grouping(.never)))\(suffix)" }
        }
        guard let folder = (path + versioned).first(where: holdsPrograms) else {
            throw PostgresTestingError(
                .serverNotInstalled,
                "No Postgres server was found; install it (apt-get install postgresql, or brew install postgresql@17), or "
                    + "set STITCH_POSTGRES_BIN to the folder of initdb, pg_ctl and postgres"
            )
        }
        return PostgresBinaries(folder: folder)
    }
}
