// SPDX-License-Identifier: Apache-2.0

/// Reads `--name value`, `--name=value` and `--flag` by a list of what a command takes.
struct OptionParser {
    /// Names of options that take a value.
    let valued: Set<String>
    /// Names of options that take none.
    let flags: Set<String>

    /// The values by name; a flag's is empty.
    ///
    /// Of an option that is given twice, the last counts.
    func parse(_ arguments: [String]) throws(CommandError) -> [String: String] {
        var options: [String: String] = [:]
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            guard argument.hasPrefix("--") else {
                throw .usage("'\(argument)' is not an option; options begin with '--'")
            }
            let parts = argument.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(parts[0])
            let attached = parts.count > 1 ? String(parts[1]) : nil
            if flags.contains(name) {
                guard attached == nil else { throw .usage("--\(name) takes no value") }
                options[name] = ""
            } else if valued.contains(name) {
                guard let value = attached ?? rest.popFirst(), !value.isEmpty else {
                    throw .usage("--\(name) needs a value")
                }
                options[name] = value
            } else {
                throw .usage("there is no option --\(name)")
            }
        }
        return options
    }
}
