// SPDX-License-Identifier: Apache-2.0

import Foundation

/// What the terminal behind a stream can do: how wide it is, and whether colours are wanted.
struct Terminal {
    /// Columns, at least 60.
    let width: Int
    /// Whether colours are wanted: the stream is a terminal, and neither `NO_COLOR` nor a dumb terminal forbids them.
    let hasColor: Bool
    /// Whether the stream is a terminal, so that a line may be written over.
    let isInteractive: Bool

    private static let defaultWidth = 100
    private static let leastWidth = 60

    init(width: Int, hasColor: Bool, isInteractive: Bool) {
        self.width = max(Self.leastWidth, width)
        self.hasColor = hasColor
        self.isInteractive = isInteractive
    }

    init(descriptor: Int32, environment: [String: String] = ProcessInfo.processInfo.environment) {
        let isInteractive = isatty(descriptor) == 1
        let isPlain = !(environment["NO_COLOR"] ?? "").isEmpty || environment["TERM"] == "dumb"
        var size = winsize()
        let columns = isInteractive && ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 ? Int(size.ws_col) : 0
        self.init(
            width: columns > 0 ? columns : environment["COLUMNS"].flatMap { Int($0) } ?? Self.defaultWidth,
            hasColor: isInteractive && !isPlain,
            isInteractive: isInteractive
        )
    }

    static var output: Terminal { Terminal(descriptor: STDOUT_FILENO) }

    static var error: Terminal { Terminal(descriptor: STDERR_FILENO) }
}
