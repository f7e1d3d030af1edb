// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// One line on standard error that says how far something is, written over each time.
///
/// Nothing where standard error is no terminal.
final class ProgressLine: Sendable {
    private let terminal: Terminal
    private let shown = Mutex("")

    init(_ terminal: Terminal = .error) {
        self.terminal = terminal
    }

    func show(_ text: String) {
        guard terminal.isInteractive else { return }
        shown.withLock { shown in
            guard shown != text else { return }
            shown = text
            StandardError.write(
                "\r\(Style.dim.apply(to: text.fitted(to: terminal.width - 1), hasColor: terminal.hasColor))"
            )
        }
    }

    /// Takes the line away.
    func clear() {
        guard terminal.isInteractive else { return }
        shown.withLock { shown in
            shown = ""
            StandardError.write("\r" + String(repeating: " ", count: terminal.width - 1) + "\r")
        }
    }
}
