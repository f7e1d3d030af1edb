// SPDX-License-Identifier: Apache-2.0

/// Reads `--name value`, `--name=value`, `--flag` and arguments between them, by a command's description.
struct OptionParser {
    let command: CommandDescription

    init(_ command: CommandDescription) { self.command = command }

    /// The options and arguments; after `--` everything is an argument.
    ///
    /// Where help is asked for, nothing else is checked.
    func parse(_ arguments: [String]) throws(CommandError) -> ParsedArguments {
        var parsed = ParsedArguments()
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            if argument == "--" {
                parsed.arguments += rest
                break
            }
            if argument == "-h" {
                parsed.options["help"] = [""]
            } else if argument.hasPrefix("--") {
                try read(argument.dropFirst(2), from: &rest, into: &parsed)
            } else if argument.hasPrefix("-"), argument != "-" {
                throw .usage("there is no option \(argument); options begin with '--'\(whereHelpIs)")
            } else {
                parsed.arguments.append(argument)
            }
        }
        guard !parsed.has("help") else { return parsed }
        try check(parsed.arguments)
        return parsed
    }

    private func read(
        _ argument: Substring,
        from rest: inout ArraySlice<String>,
        into parsed: inout ParsedArguments
    ) throws(CommandError) {
        let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let name = String(parts[0])
        let attached = parts.count > 1 ? String(parts[1]) : nil
        guard let option = command.allOptions.first(where: { $0.name == name }) else {
            let near = Suggestion.nearest(to: name, among: command.allOptions.map(\.name))
            throw .usage("there is no option --\(name)\(near.map { "; did you mean --\($0)?" } ?? whereHelpIs)")
        }
        guard option.placeholder != nil else {
            guard attached == nil else { throw .usage("--\(name) takes no value") }
            parsed.options[name] = [""]
            return
        }
        guard let value = attached ?? rest.popFirst(), !value.isEmpty else { throw .usage("--\(name) needs a value") }
        parsed.options[name, default: []].append(value)
    }

    private func check(_ arguments: [String]) throws(CommandError) {
        let allowed = command.argumentCount
        guard arguments.count <= allowed.upperBound else {
            let extra = arguments[allowed.upperBound]
            let most = ["no argument", "one argument", "two arguments"]
            let text = allowed.upperBound < most.count ? most[allowed.upperBound] : "\(allowed.upperBound) arguments"
            throw .usage("stitch \(command.name) takes \(text), and '\(extra)' is one too many\(whereHelpIs)")
        }
        guard arguments.count >= allowed.lowerBound else {
            throw .usage("stitch \(command.name) needs \(command.arguments)\(whereHelpIs)")
        }
    }

    private var whereHelpIs: String { "; `stitch \(command.name) --help` shows what there is" }
}
