// SPDX-License-Identifier: Apache-2.0

/// `stitch completions`.
enum CompletionsCommand: Command {
    static let description = CommandDescription(
        name: "completions",
        summary: "print completions for a shell",
        arguments: "SHELL",
        argumentCount: 1...1,
        text: """
            Prints what lets a shell complete commands and options. SHELL is bash, zsh or fish.

              bash  source <(stitch completions bash)                             in ~/.bashrc
              zsh   stitch completions zsh > "${fpath[1]}/_stitch"                once
              fish  stitch completions fish > ~/.config/fish/completions/stitch.fish
            """,
        options: [],
        examples: [.init("stitch completions bash", "completions for bash")]
    )

    static func run(_ arguments: ParsedArguments, _ console: Console) async throws -> Int32 {
        let commands = CommandTable.all.map { $0.description }
        switch arguments.arguments[0] {
        case "bash": try console.write(BashCompletions.text(of: commands))
        case "zsh": try console.write(ZshCompletions.text(of: commands))
        case "fish": try console.write(FishCompletions.text(of: commands))
        case let shell: throw CommandError.usage("there are completions for bash, zsh and fish, not for '\(shell)'")
        }
        return 0
    }
}
