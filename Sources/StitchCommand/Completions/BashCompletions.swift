// SPDX-License-Identifier: Apache-2.0

/// Completions for bash.
enum BashCompletions {
    static func text(of commands: [CommandDescription]) -> String {
        let names = commands.map(\.name).joined(separator: " ")
        var text = """
            # Completions of stitch for bash.
            _stitch() {
                local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
                COMPREPLY=()
                if [ "$COMP_CWORD" = 1 ]; then
                    COMPREPLY=(\(words("\(names) help")))
                    return
                fi
                case "${COMP_WORDS[1]} $before" in

            """
        for command in commands {
            var seen: Set<String> = []
            for option in ([command] + command.actions).flatMap(\.allOptions) where option.placeholder != nil {
                guard let reply = reply(to: option.value), seen.insert(option.name).inserted else { continue }
                text += "        \"\(command.name) --\(option.name)\") COMPREPLY=(\(reply)); return ;;\n"
            }
        }
        text += "    esac\n    case ${COMP_WORDS[1]} in\n        help) COMPREPLY=(\(words(names))); return ;;\n"
        for command in commands { text += "        \(command.name)) \(options(of: command)) ;;\n" }
        return text + """
                esac
                [ ${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- "$word"))
            }
            complete -F _stitch stitch

            """
    }

    /// A statement that offers the options of a command, or its actions and the options of each.
    private static func options(of command: CommandDescription) -> String {
        guard !command.actions.isEmpty else {
            return "COMPREPLY=(\(words(command.allOptions.map { "--\($0.name)" }.joined(separator: " "))))"
        }
        let actions = command.actions.map(\.word).joined(separator: " ")
        var text = "if [ \"$COMP_CWORD\" = 2 ]; then COMPREPLY=(\(words(actions))); return; fi\n"
        text += "            case ${COMP_WORDS[2]} in\n"
        for action in command.actions { text += "                \(action.word)) \(options(of: action)) ;;\n" }
        return text + "            esac"
    }

    private static func words(_ words: String) -> String { "$(compgen -W \"\(words)\" -- \"$word\")" }

    private static func reply(to value: OptionDescription.Value) -> String? {
        switch value {
        case .text: nil
        case .file: "$(compgen -f -- \"$word\")"
        case .folder: "$(compgen -d -- \"$word\")"
        case .words(let words): self.words(words.joined(separator: " "))
        }
    }
}
