// SPDX-License-Identifier: Apache-2.0

#if LoggingSupport
public import Logging
public import StitchService

extension Diagnostics {
    /// Sends what Stitch has to tell to a logger of swift-log from now on, for the whole process.
    ///
    /// ```swift
    /// Diagnostics.send(to: Logger(label: "stitch"))
    /// ```
    ///
    /// A diagnostic is logged on whatever thread it arises, with the module that tells it as its source; so the log
    /// handler must return quickly.
    public static func send(to logger: Logger) {
        setHandler { logger.log($0) }
    }
}

extension Logger {
    fileprivate func log(_ diagnostic: Diagnostic) {
        log(
            level: Level(diagnostic.level),
            Message(stringLiteral: diagnostic.message),
            metadata: diagnostic.metadata.isEmpty ? nil : diagnostic.metadata.mapValues { .string($0) },
            source: diagnostic.source
        )
    }
}

extension Logger.Level {
    fileprivate init(_ level: Diagnostic.Level) {
        self =
            switch level {
            case .debug: .debug
            case .info: .info
            case .warning: .warning
            case .error: .error
            }
    }
}
#endif
