// SPDX-License-Identifier: Apache-2.0

/// One command of `stitch`.
protocol Command: Sendable {
    /// What it takes.
    static var description: CommandDescription { get }

    /// The exit status if it fails.
    static var failureStatus: Int32 { get }

    /// Runs it.
    ///
    /// - Returns: The exit status.
    static func run(_ arguments: ParsedArguments, _ console: Console) async throws -> Int32
}

extension Command {
    static var failureStatus: Int32 { CommandError.failureStatus }
}

/// All commands, in the order of the help.
enum CommandTable {
    static let all: [any Command.Type] = [
        DemoCommand.self, FlowsCommand.self, ShowCommand.self, LintCommand.self, TopologyCommand.self,
        DiffCommand.self, VolumeCommand.self, RedriveCommand.self, JobsCommand.self, MigrateCommand.self,
        ExportCommand.self, ImportCommand.self, CompletionsCommand.self,
    ]

    static func command(named name: String) -> (any Command.Type)? { all.first { $0.description.name == name } }
}
