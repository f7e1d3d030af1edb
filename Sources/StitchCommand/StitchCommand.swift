// SPDX-License-Identifier: Apache-2.0

import Foundation
import StitchService

/// `stitch`: picks the command, and turns its errors into one sentence on standard error and an exit status.
enum StitchCommand {
    static let version = StitchVersion.current

    private static var help: String {
        let commands = CommandTable.all.map { ($0.description.name, $0.description.summary) }
        return """
            stitch joins background work to the trace that started it.

            USAGE: stitch COMMAND [OPTIONS]

            COMMANDS
            \(CommandHelp.table(commands + [("help", "show this text, or that of a command")]))
            OPTIONS
              --version   show the version
              --help      show this text; `stitch COMMAND --help` shows a command's options

            """
    }

    static func run(_ arguments: [String], _ console: Console = .standard) async -> Int32 {
        // A reader that has gone is an error of the write, not the end of the process.
        signal(SIGPIPE, SIG_IGN)
        do {
            return try await dispatch(arguments, console)
        } catch is ReaderGone {
            return 0
        } catch let error as CommandError {
            console.error("stitch: \(oneLine(error.message))\n")
            for line in error.lines { console.error("  \(line.withoutPasswords)\n") }
            return error.status
        } catch {
            console.error("stitch: \(oneLine("\(error)"))\n")
            return CommandError.failureStatus
        }
    }

    /// What servers and libraries say may have line breaks in it, and what a user typed a password.
    private static func oneLine(_ text: String) -> String {
        text.withoutPasswords.printable.split(separator: " ").joined(separator: " ")
    }

    private static func dispatch(_ arguments: [String], _ console: Console) async throws -> Int32 {
        var rest = Array(arguments.dropFirst())
        var name = arguments.first
        if name == "help", let command = rest.first {
            name = command
            rest = Array(rest.dropFirst().prefix(1)) + ["--help"]
        }
        switch name {
        case nil, "help", "--help", "-h":
            try console.write(help)
        case "--version", "version":
            try console.write("stitch \(version)\n")
        case DemoService.commandName:
            try await DemoService.run(rest)
        case let name?:
            return try await command(named: name, rest, console)
        }
        return 0
    }

    private static func command(named name: String, _ rest: [String], _ console: Console) async throws -> Int32 {
        guard var command = CommandTable.command(named: name) else {
            let near = Suggestion.nearest(to: name, among: CommandTable.all.map { $0.description.name })
            let hint = near.map { "did you mean '\($0)'?" } ?? "`stitch help` lists those that there are"
            throw CommandError.usage("there is no command '\(name)'; \(hint)")
        }
        var rest = rest
        if let group = command as? any CommandGroup.Type, let word = rest.first, !word.hasPrefix("-") {
            command = try group.action(named: word)
            rest.removeFirst()
        }
        let parsed = try OptionParser(command.description).parse(rest)
        if parsed.has("help") {
            try console.write(CommandHelp.text(of: command.description))
            return 0
        }
        do {
            return try await command.run(parsed, console)
        } catch let error as ReaderGone {
            throw error
        } catch {
            throw CommandError(error, failureStatus: command.failureStatus)
        }
    }
}
