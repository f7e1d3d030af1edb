// SPDX-License-Identifier: Apache-2.0

/// Completions for zsh.
enum ZshCompletions {
    static func text(of commands: [CommandDescription]) -> String {
        var text = """
            #compdef stitch
            _stitch() {
                if (( CURRENT == 2 )); then
                    local -a commands=(

            """
        for command in commands { text += "            \(quoted("\(command.name):\(command.summary)"))\n" }
        text += """
                    )
                    _describe command commands
                    return
                fi
                case $words[2] in

            """
        for command in commands {
            guard !command.actions.isEmpty else {
                text += "        \(command.name)) \(arguments(of: command, behind: 1)) ;;\n"
                continue
            }
            let actions = command.actions.map { quoted("\($0.word):\($0.summary)") }.joined(separator: " ")
            text += "        \(command.name)) if (( CURRENT == 3 )); then\n"
            text += "                local -a actions=(\(actions)); _describe action actions; return\n            fi\n"
            text += "            case $words[3] in\n"
            for action in command.actions {
                text += "                \(action.word)) \(arguments(of: action, behind: 2)) ;;\n"
            }
            text += "            esac ;;\n"
        }
        return text + """
                esac
            }
            _stitch "$@"

            """
    }

    /// A statement that offers the options of a command whose name is so many words.
    private static func arguments(of command: CommandDescription, behind words: Int) -> String {
        let options = command.allOptions.map { argument(of: $0) }.joined(separator: " ")
        return "shift \(words) words; (( CURRENT -= \(words) )); _arguments \(options) '*:file:_files'"
    }

    private static func argument(of option: OptionDescription) -> String {
        let summary = option.summary.replacing("\n", with: " ").replacing("[", with: "(").replacing("]", with: ")")
        let text = "--\(option.name)[\(summary.replacing(":", with: "\\:"))]"
        guard let placeholder = option.placeholder else { return quoted(text) }
        let action =
            switch option.value {
            case .text: " "
            case .file: "_files"
            case .folder: "_files -/"
            case .words(let words): "(\(words.joined(separator: " ")))"
            }
        return quoted("*\(text):\(placeholder.replacing(":", with: "\\:")):\(action)")
    }

    private static func quoted(_ text: String) -> String { "'\(text.replacing("'", with: "'\\''"))'" }
}
