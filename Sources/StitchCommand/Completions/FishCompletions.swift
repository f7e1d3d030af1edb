// SPDX-License-Identifier: Apache-2.0

/// Completions for fish.
enum FishCompletions {
    static func text(of commands: [CommandDescription]) -> String {
        var text = "# Completions of stitch for fish.\n"
        for command in commands {
            text += "complete -c stitch -n __fish_use_subcommand -f -a \(command.name) -d \(quoted(command.summary))\n"
        }
        for command in commands {
            let condition = quoted("__fish_seen_subcommand_from \(command.name)")
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
