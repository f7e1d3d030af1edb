// SPDX-License-Identifier: Apache-2.0

import Foundation

/// `stitch`: picks the command, and turns its errors into one sentence on standard error and an exit status.
enum StitchCommand {
    static let version = "0.1.0"

    private static let help = """
        stitch joins background work to the trace that started it.

        USAGE: stitch COMMAND [OPTIONS]

        COMMANDS
          demo        run three services over Kafka and Postgres and show one order's flow
          help        show this text; `stitch COMMAND --help` shows a command's options

        OPTIONS
          --version   show the version
          --help      show this text

        """

    static func run(_ arguments: [String]) async -> Int32 {
        // A reader that has gone is an error of the write, not the end of the process.
        signal(SIGPIPE, SIG_IGN)
        do {
            try await dispatch(arguments)
            return 0
        } catch let error as CommandError {
            StandardError.write("stitch: \(oneLine(error.message))\n")
            return error.status
        } catch {
            StandardError.write("stitch: \(oneLine("\(error)"))\n")
            return CommandError.failureStatus
        }
    }

    /// What servers and libraries say may have line breaks in it.
    private static func oneLine(_ text: String) -> String {
        text.printable.split(separator: " ").joined(separator: " ")
    }

    private static func dispatch(_ arguments: [String]) async throws {
        let rest = Array(arguments.dropFirst())
        switch arguments.first {
        case nil, "help", "--help", "-h":
            StandardOutput.write(help)
        case "--version", "version":
            StandardOutput.write("stitch \(version)\n")
        case "demo":
            try await DemoCommand.run(rest)
        case DemoService.commandName:
            try await DemoService.run(rest)
        case let unknown?:
            throw CommandError.usage("there is no command '\(unknown)'; `stitch help` lists those that there are")
        }
    }
}
