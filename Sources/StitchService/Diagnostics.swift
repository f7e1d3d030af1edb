// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization

/// Something that Stitch has to tell whoever runs it: a lost connection, a wrong setting, a dropped span.
public struct Diagnostic: Sendable {
    /// How much it matters, from least to most.
    public enum Level: Int, Sendable, Comparable, CaseIterable {
        case debug, info, warning, error

        /// Orders by how much it matters.
        public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
    }

    /// How much it matters.
    public var level: Level

    /// The module that tells it, such as `StitchKafka`.
    public var source: String

    /// One sentence, without secrets.
    public var message: String

    /// Details by name, without secrets.
    public var metadata: [String: String]
}

/// Where Stitch's diagnostics go.
///
/// By default warnings and errors go to standard error, a line each.
public enum Diagnostics {
    /// Receives every diagnostic, on whatever thread it arises; must return quickly.
    public typealias Handler = @Sendable (Diagnostic) -> Void

    private static let handler = Mutex<Handler>(writeToStandardError)

    /// Sends diagnostics to `newHandler` from now on, for the whole process.
    public static func setHandler(_ newHandler: @escaping Handler) {
        handler.withLock { $0 = newHandler }
    }

    /// Tells whoever runs the program something.
    ///
    /// - Parameters:
    ///   - level: How much it matters.
    ///   - message: One sentence, without secrets.
    ///   - metadata: Details by name, without secrets.
    ///   - fileID: Where it is told; the module is taken from it.
    public static func log(
        _ level: Diagnostic.Level,
        _ message: String,
        metadata: [String: String] = [:],
        fileID: StaticString = #fileID
    ) {
        let source = String("\(fileID)".prefix { $0 != "/" })
        let current = handler.withLock { $0 }
        current(Diagnostic(level: level, source: source, message: message, metadata: metadata))
    }

    private static func writeToStandardError(_ diagnostic: Diagnostic) {
        guard diagnostic.level >= .warning else { return }
        let details = diagnostic.metadata.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
        let line = "\(diagnostic.source) \(diagnostic.level): \(diagnostic.message)\(details)\n"
        try? FileHandle.standardError.write(contentsOf: Data(line.utf8))
    }
}
