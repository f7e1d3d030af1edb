// SPDX-License-Identifier: Apache-2.0

import PostgresTesting
import StitchTesting
import Synchronization

@testable import StitchCommand
@testable import StitchPostgres

/// Runs commands in this process on the database of a test, and keeps what they write.
struct JobsConsole {
    struct Outcome {
        var status: Int32
        var output: String
        var error: String

        var lines: [String] { output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) }
    }

    /// The database; none for `nil`.
    var url: String?

    init(url: String?) { self.url = url }

    /// Commands find the test's own database in their environment.
    init(_ test: StitchTest) async throws {
        // In libpq's keyword form, which an address may have as well.
        url = try await test.database().configuration.settings.values
            .map { "\($0.key)='\($0.value.replacing("\\", with: "\\\\").replacing("'", with: "\\'"))'" }.joined(
                separator: " "
            )
    }

    func run(_ arguments: [String], width: Int = 100) async -> Outcome {
        let texts = Mutex((output: "", error: ""))
        let console = Console(
            terminal: Terminal(width: width, hasColor: false, isInteractive: false),
            environment: url.map { ["POSTGRES_URL": $0] } ?? [:],
            output: { text in
                texts.withLock { $0.output += text }
                return true
            },
            error: { text in texts.withLock { $0.error += text } }
        )
        let status = await StitchCommand.run(arguments, console)
        let (output, error) = texts.withLock { $0 }
        return Outcome(status: status, output: output, error: error)
    }
}
