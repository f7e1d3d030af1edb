// SPDX-License-Identifier: Apache-2.0

/// Why a command failed, as its user is to read it.
struct CommandError: Error {
    /// The exit status of a command that failed.
    static let failureStatus: Int32 = 1
    /// The exit status of a command that was called in a wrong way (`EX_USAGE`).
    static let usageStatus: Int32 = 64
    /// The exit status of a command that was interrupted, as a shell gives it for SIGINT.
    static let interruptedStatus: Int32 = 130

    /// One sentence: what was attempted, what was wrong, what to change.
    let message: String
    /// Lines that show the place, each printable.
    var lines: [String] = []
    let status: Int32

    static func failure(_ message: String) -> CommandError { CommandError(message: message, status: failureStatus) }

    static func usage(_ message: String, lines: [String] = []) -> CommandError {
        CommandError(message: message, lines: lines, status: usageStatus)
    }

    static let interrupted = CommandError(message: "interrupted", status: interruptedStatus)
}
