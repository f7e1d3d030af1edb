// SPDX-License-Identifier: Apache-2.0

/// A command that is several, one for each action: `stitch jobs list`.
protocol CommandGroup: Command {
    /// Its actions, in the order of the help; their names are two words.
    static var actions: [any Command.Type] { get }
}

extension CommandGroup {
    /// The action that a word names.
    static func action(named word: String) throws(CommandError) -> any Command.Type {
        if let action = actions.first(where: { $0.description.word == word }) { return action }
        let near = Suggestion.nearest(to: word, among: actions.map { $0.description.word })
        let hint = near.map { "did you mean '\($0)'?" } ?? "`stitch help \(description.name)` lists them all"
        throw .usage("stitch \(description.name) has no action '\(word)'; \(hint)")
    }

    static func run(_ arguments: ParsedArguments, _ console: Console) async throws -> Int32 {
        let words = actions.map { $0.description.word }.joined(separator: ", ")
        throw CommandError.usage("stitch \(description.name) needs an action: \(words)")
    }
}
