// SPDX-License-Identifier: Apache-2.0

import TelemetryData

/// What a command was called with.
struct ParsedArguments: Sendable {
    /// The values of each option in their order; a flag has one that is empty.
    var options: [String: [String]] = [:]
    /// What stood between the options.
    var arguments: [String] = []

    /// Whether an option was given.
    func has(_ name: String) -> Bool { options[name] != nil }

    /// All values of an option.
    func all(_ name: String) -> [String] { options[name] ?? [] }

    /// The value of an option; of several, the last counts.
    subscript(name: String) -> String? { options[name]?.last }

    /// A whole number.
    func number(_ name: String, in range: ClosedRange<Int>) throws(CommandError) -> Int? {
        guard let text = self[name] else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw .usage(
                "--\(name) is a whole number from \(range.lowerBound) to \(range.upperBound), not '\(text)'"
            )
        }
        return number
    }

    /// A length of time.
    func duration(_ name: String) throws(CommandError) -> Duration? {
        guard let text = self[name] else { return nil }
        guard let duration = Duration(text: text) else {
            throw .usage("--\(name) is a length of time such as 500ms, 1.5s, 10m, 2h or 3d, not '\(text)'")
        }
        return duration
    }

    /// A moment.
    func time(_ name: String) throws(CommandError) -> Timestamp? {
        guard let text = self[name] else { return nil }
        guard let time = Timestamp(text: text) else {
            throw .usage("--\(name) is a time such as 2026-11-28T14:30:00Z or 2026-11-28T14:30:00+01:00, not '\(text)'")
        }
        return time
    }
}
