// SPDX-License-Identifier: Apache-2.0

/// Writes a command's help.
enum CommandHelp {
    static func text(of command: CommandDescription) -> String {
        let arguments = command.arguments.isEmpty ? "" : " \(command.arguments)"
        var text = "USAGE: stitch \(command.name)\(arguments) [OPTIONS]\n\n\(command.text)\n\n"
        if !command.actions.isEmpty {
            text += "ACTIONS\n\(table(command.actions.map { ($0.word, $0.summary) }))"
            text += "\n`stitch \(command.name) ACTION --help` shows the options of an action.\n\n"
        }
        text += "OPTIONS\n"
        let names = command.allOptions.map { "--\($0.name)\($0.placeholder.map { " \($0)" } ?? "")" }
        text += table(zip(names, command.allOptions.map(\.summary)).map { ($0, $1) })
        guard !command.examples.isEmpty else { return text }
        text += "\nEXAMPLES\n"
        for example in command.examples { text += "  # \(example.purpose)\n  \(example.line)\n" }
        return text
    }

    /// Two columns, indented.
    static func table(_ rows: [(String, String)]) -> String {
        let width = (rows.map(\.0.count).max() ?? 0) + 2
        return rows.map { name, summary in
            let indent = String(repeating: " ", count: width + 2)
            let lines = summary.split(separator: "\n").joined(separator: "\n\(indent)")
            return "  " + name + String(repeating: " ", count: width - name.count) + lines + "\n"
        }.joined()
    }
}
