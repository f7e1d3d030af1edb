// SPDX-License-Identifier: Apache-2.0

/// Completions for fish.
enum FishCompletions {
    static func text(of commands: [CommandDescription]) -> String {
        var text = """
            # Completions of stitch for fish.
            # Whether a command, or one of its actions, was typed.
            function __stitch_at
                set -l words (commandline -opc)
                set -l last (math 1 + (count $argv))
                test (count $words) -ge $last; and test "$words[2..$last]" = "$argv"
            end
            # Whether an action of a command comes next.
            function __stitch_needs_action
                set -l words (commandline -opc)
                test (count $words) = 2; and test $words[2] = $argv[1]
            end

            """
        for command in commands {
            text += "complete -c stitch -n __fish_use_subcommand -f -a \(command.name) -d \(quoted(command.summary))\n"
        }
        for command in commands {
            for action in command.actions {
                let condition = quoted("__stitch_needs_action \(command.name)")
                text += "complete -c stitch -n \(condition) -f -a \(action.word) -d \(quoted(action.summary))\n"
            }
        }
        for command in commands.flatMap({ $0.actions.isEmpty ? [$0] : $0.actions }) {
            let condition = quoted("__stitch_at \(command.name)")
            for option in command.allOptions {
                let summary = quoted(option.summary.replacing("\n", with: " "))
                text += "complete -c stitch -n \(condition) -l \(option.name)\(value(of: option)) -d \(summary)\n"
            }
        }
        return text
    }

    private static func value(of option: OptionDescription) -> String {
        guard option.placeholder != nil else { return "" }
        return switch option.value {
        case .text: " -x"
        case .file: " -r"
        case .folder: " -x -a '(__fish_complete_directories)'"
        case .words(let words): " -x -a \(quoted(words.joined(separator: " ")))"
        }
    }

    private static func quoted(_ text: String) -> String {
        "'\(text.replacing("\\", with: "\\\\").replacing("'", with: "\\'"))'"
    }
}
