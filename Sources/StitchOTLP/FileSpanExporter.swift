// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization
public import TelemetryData

/// Appends spans to a file as OTLP JSON lines.
///
/// Several exporters and processes may append to one file, unless it is rotated.
public final class FileSpanExporter: SpanExporter {
    private struct State {
        var handle: FileHandle
        /// Whether the end of a line may be missing, after a write that failed.
        var isTorn = false
    }

    private let path: String
    private let rotation: FileRotation?
    private let state: Mutex<State>

    /// Opens the file to append to, and makes it if it isn't there.
    ///
    /// Its folder must be.
    ///
    /// - Parameters:
    ///   - path: The file.
    ///   - maximumSize: How large the file may become, in bytes, from 1; then it is renamed to `path.1` (the one of that
    ///     name to `path.2`, and so on) and a new one is begun. `nil` lets it grow.
    ///   - keeping: How many full files are kept beside the one that is written, 0 to 1000.
    /// - Throws: ``OTLPError/Code/file`` if it can't be opened, ``OTLPError/Code/invalidConfiguration`` if a number is
    ///   out of its range.
    public init(path: String, maximumSize: Int? = nil, keeping: Int = 5) throws(OTLPError) {
        guard maximumSize ?? 1 > 0, (0...1000).contains(keeping) else {
            throw OTLPError(
                .invalidConfiguration,
                "\(path) can't be rotated at \(maximumSize ?? 0) bytes with \(keeping) files kept; write 1 byte or more, "
                    + "and 0 to 1000 files"
            )
        }
        self.path = path
        rotation = maximumSize.map { FileRotation(path: path, maximumSize: $0, kept: keeping) }
        state = Mutex(State(handle: try Self.open(path)))
    }

    /// Appends one line.
    ///
    /// - Parameter batch: The spans.
    /// - Throws: ``OTLPError/Code/file`` if it can't be written.
    public func export(_ batch: SpanBatch) throws {
        let line = try OTLPJSONLines.encode(batch.spans)
        try state.withLock { state in
            try makeRoom(for: line.count, &state)
            do {
                // Half a line of a write that failed must not spoil this one too.
                if state.isTorn { try state.handle.write(contentsOf: Data("\n".utf8)) }
                state.isTorn = true
                try state.handle.write(contentsOf: line)
                state.isTorn = false
            } catch {
                throw OTLPError(.file, "can't write spans to \(path)", cause: error)
            }
        }
    }

    private func makeRoom(for count: Int, _ state: inout State) throws(OTLPError) {
        guard let rotation else { return }
        do {
            guard rotation.isFull(Int(try state.handle.seekToEnd()), adding: count) else { return }
        } catch {
            throw OTLPError(.file, "can't tell the size of \(path)", cause: error)
        }
        // First what may fail for want of something: or each try would push the oldest file out.
        let new = "\(path).new"
        let handle = try Self.open(new)
        for (from, to) in rotation.renames where rename(from, to) != 0 && errno != ENOENT {
            throw Self.failure("rename", from)
        }
        guard rename(new, path) == 0 else { throw Self.failure("rename", new) }
        state = State(handle: handle)
    }

    private static func open(_ path: String) throws(OTLPError) -> FileHandle {
        let descriptor = Foundation.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw failure("open", path) }
        // The handle owns the descriptor and closes it with itself.
        return FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }

    private static func failure(_ what: String, _ path: String) -> OTLPError {
        OTLPError(.file, "can't \(what) \(path) to write spans: \(String(cString: strerror(errno)))")
    }
}
