// SPDX-License-Identifier: Apache-2.0

import Foundation
import StitchOTLP
import Synchronization
import TelemetryData
import TraceContext

@testable import StitchCommand

/// Runs commands in this process and keeps what they write.
enum CommandFixture {
    struct Outcome {
        var status: Int32
        var output: String
        var error: String

        var lines: [String] { output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) }
    }

    static func run(
        _ arguments: [String],
        width: Int = 100,
        hasColor: Bool = false,
        environment: [String: String] = [:]
    ) async -> Outcome {
        let texts = Texts()
        let console = Console(
            terminal: Terminal(width: width, hasColor: hasColor, isInteractive: false),
            environment: environment,
            output: { texts.add(output: $0) },
            error: { texts.add(error: $0) }
        )
        let status = await StitchCommand.run(arguments, console)
        let (output, error) = texts.all
        return Outcome(status: status, output: output, error: error)
    }

    /// Runs something with a file of spans, and a folder for more.
    static func withFile<Success>(
        _ spans: [SpanData],
        _ body: (_ file: String, _ folder: URL) async throws -> Success
    ) async throws -> Success {
        let folder = FileManager.default.temporaryDirectory.appending(path: "stitch-command-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "shop.otlp.jsonl")
        try OTLPJSONLines.encode(spans).write(to: file)
        return try await body(file.path, folder)
    }

    private final class Texts: Sendable {
        private let texts = Mutex((output: "", error: ""))

        var all: (output: String, error: String) { texts.withLock { $0 } }

        func add(output: String) -> Bool {
            texts.withLock { $0.output += output }
            return true
        }

        func add(error: String) { texts.withLock { $0.error += error } }
    }
}
