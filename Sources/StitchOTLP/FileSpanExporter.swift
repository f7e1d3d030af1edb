// SPDX-License-Identifier: Apache-2.0

import Foundation
public import TelemetryData

/// Appends spans to a file as OTLP JSON lines.
public struct FileSpanExporter: SpanExporter {
    private let path: String
    private let handle: FileHandle

    /// Opens the file to append to, and makes it if it isn't there.
    ///
    /// Its folder must be.
    public init(path: String) throws(OTLPError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw OTLPError(.file, "can't open \(path) to write spans to: \(String(cString: strerror(errno)))")
        }
        self.path = path
        // The handle owns the descriptor and closes it with itself.
        handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }

    /// Appends one line.
    public func export(_ batch: SpanBatch) throws {
        let line = try OTLPJSONLines.encode(batch.spans)
        do {
            try handle.write(contentsOf: line)
        } catch {
            throw OTLPError(.file, "can't write spans to \(path)", cause: error)
        }
    }
}
