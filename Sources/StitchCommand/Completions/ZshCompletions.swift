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
            let options = command.allOptions.map { argument(of: $0) }.joined(separator: " ")
            text += "        \(command.name)) shift words; (( CURRENT-- )); _arguments \(options) '*:file:_files' ;;\n"
        }
        return text + """
                esac
            }
            _stitch "$@"

            """
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
