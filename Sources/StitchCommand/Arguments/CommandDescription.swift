// SPDX-License-Identifier: Apache-2.0

/// What a command takes and says of itself: its options are read, its help written and its completions made from this.
struct CommandDescription: Sendable {
    /// One way to call it.
    struct Example: Sendable {
        /// What is typed, as a shell reads it.
        let line: String
        /// What it is for.
        let purpose: String

        init(_ line: String, _ purpose: String) {
            self.line = line
            self.purpose = purpose
        }
    }

    let name: String
    /// A few words for the list of commands.
    let summary: String
    /// What stands for its arguments in the first line of its help: `FLOW`, `[FILTER]`.
    var arguments = ""
    /// How many arguments it takes beside its options.
    var argumentCount: ClosedRange<Int> = 0...0
    /// What it does, in lines of at most 100 columns.
    let text: String
    let options: [OptionDescription]
    var examples: [Example] = []
    /// What it can do, where it is several commands in one: each has a name of two words, `jobs list`.
    var actions: [CommandDescription] = []

    /// The last word of its name, which is the whole for most.
    var word: String { name.split(separator: " ").last.map(String.init) ?? name }

    /// Its options, and those that each command has.
    var allOptions: [OptionDescription] { options + [.help] }
}

/// One option.
struct OptionDescription: Sendable {
    /// What may stand behind it, for completions.
    enum Value: Sendable {
        case text
        case file
        case folder
        case words([String])
    }

    let name: String
    /// What stands for its value in the help; `nil` if it takes none.
    var placeholder: String?
    let summary: String
    var value = Value.text

    init(_ name: String, _ placeholder: String? = nil, _ summary: String, value: Value = .text) {
        self.name = name
        self.placeholder = placeholder
        self.summary = summary
        self.value = value
    }

    static let help = OptionDescription("help", nil, "show this text")
}
