// SPDX-License-Identifier: Apache-2.0

/// Why a command failed, as its user is to read it.
struct CommandError: Error {
    /// The exit status of a command that failed.
    static let failureStatus: Int32 = 1
    /// The exit status of a command that looked for what is wrong and found something.
    static let foundStatus: Int32 = 1
    /// The exit status of such a command that failed, so that nobody knows.
    static let unknownStatus: Int32 = 2
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

extension CommandError {
    /// Any error of a command that fails with a status of its own.
    init(_ error: any Error, failureStatus: Int32) {
        let known = error as? CommandError ?? .failure("\(error)")
        let status = known.status == Self.failureStatus ? failureStatus : known.status
        self.init(message: known.message, lines: known.lines, status: status)
    }
}
