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
                    COMPREPLY=($(compgen -W "\(names) help" -- "$word"))
                    return
                fi
                case "${COMP_WORDS[1]} $before" in

            """
        for command in commands {
            for option in command.allOptions where option.placeholder != nil {
                guard let reply = reply(to: option.value) else { continue }
                text += "        \"\(command.name) --\(option.name)\") COMPREPLY=(\(reply)); return ;;\n"
            }
        }
        text +=
            "    esac\n    case ${COMP_WORDS[1]} in\n        help) COMPREPLY=($(compgen -W \"\(names)\" -- \"$word\")); return ;;\n"
        for command in commands {
            let options = command.allOptions.map { "--\($0.name)" }.joined(separator: " ")
            text += "        \(command.name)) COMPREPLY=($(compgen -W \"\(options)\" -- \"$word\")) ;;\n"
        }
        return text + """
                esac
                [ ${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- "$word"))
            }
            complete -F _stitch stitch

            """
    }

    private static func reply(to value: OptionDescription.Value) -> String? {
        switch value {
        case .text: nil
        case .file: "$(compgen -f -- \"$word\")"
        case .folder: "$(compgen -d -- \"$word\")"
        case .words(let words): "$(compgen -W \"\(words.joined(separator: " "))\" -- \"$word\")"
        }
    }
}
