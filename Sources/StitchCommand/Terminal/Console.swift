// SPDX-License-Identifier: Apache-2.0

import Foundation
import StitchService

/// What a command knows of where it runs, and where it writes; tests give it their own.
struct Console: Sendable {
    var terminal: Terminal
    var environment: [String: String]
    /// Writes a piece of the result; `false` once nobody reads any more.
    var output: @Sendable (String) -> Bool
    /// Tells something beside the result.
    var error: @Sendable (String) -> Void
    /// Begins to listen to the signals that end the process; gives `nil` where a command is no process of its own.
    var signals: @Sendable () -> Signals? = { nil }

    static var standard: Console {
        Console(
            terminal: .output,
            environment: ProcessInfo.processInfo.environment,
            output: { StandardOutput.write($0) },
            error: { StandardError.write($0) },
            signals: { Signals() }
        )
    }

    /// Writes a piece of the result.
    ///
    /// - Throws: ``ReaderGone`` once nobody reads any more (`stitch … | head`): there is no use in going on.
    func write(_ text: String) throws(ReaderGone) {
        guard output(text) else { throw ReaderGone() }
    }

    /// Tells something in a line of its own, beside the result.
    func tell(_ text: String) { error("stitch: \(text.printable)\n") }

    /// The text with the codes of a style, where colours are wanted.
    func paint(_ text: String, _ style: Style) -> String { style.apply(to: text, hasColor: terminal.hasColor) }
}

/// Whoever read the result has gone, which is no error of ours.
struct ReaderGone: Error {}
