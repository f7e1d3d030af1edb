// SPDX-License-Identifier: Apache-2.0

/// Where in the source an error was made.
public struct SourceLocation: Sendable, Hashable, CustomStringConvertible {
    /// The file, as `Module/File.swift`.
    public var fileID: String

    /// The line, from 1.
    public var line: Int

    /// The place that calls this initializer, unless told otherwise.
    public init(fileID: String = #fileID, line: Int = #line) {
        self.fileID = fileID
        self.line = line
    }

    /// `Module/File.swift:12`.
    public var description: String { "\(fileID):\(line)" }
}
