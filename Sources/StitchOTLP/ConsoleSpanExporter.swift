// SPDX-License-Identifier: Apache-2.0

public import Foundation
public import TelemetryData

/// Writes spans for a person to read, a line each: when, what, how long, ids, attributes, links, events, and the error.
public struct ConsoleSpanExporter: SpanExporter {
    private let output: FileHandle
    private let style: ConsoleLine.Style

    /// Writes to a file or a terminal.
    ///
    /// - Parameters:
    ///   - output: Where to; standard output, unless given.
    ///   - hasColors: Whether colours are used; `nil` uses them on a terminal, unless `NO_COLOR` is set.
    public init(to output: FileHandle = .standardOutput, hasColors: Bool? = nil) {
        self.output = output
        let isTerminal = isatty(output.fileDescriptor) == 1
        let isPlain = ProcessInfo.processInfo.environment["NO_COLOR"]?.isEmpty == false
        style = hasColors ?? (isTerminal && !isPlain) ? .colored : .plain
    }

    /// Writes one line a span.
    ///
    /// - Parameter batch: The spans.
    /// - Throws: ``OTLPError/Code/file`` if they can't be written.
    public func export(_ batch: SpanBatch) throws {
        let text = batch.spans.map { ConsoleLine.text($0, style) + "\n" }.joined()
        do {
            try output.write(contentsOf: Data(text.utf8))
        } catch {
            throw OTLPError(.file, "can't write spans to the console", cause: error)
        }
    }
}
