// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization

/// `TraceContextService` as a user runs it: the program that was built beside the tests.
final class ServiceProcess: Sendable {
    struct Failure: Error, CustomStringConvertible { var description: String }

    /// What a run left.
    struct Outcome {
        var status: Int32
        /// What it wrote after it had said where it listens.
        var output: String
        var error: String
    }

    /// The way that `--via` chose.
    let way: String
    /// Where it listens.
    let port: Int

    private let process: Process
    private let output: Pipe
    private let error: Pipe

    /// What makes it keep its telemetry to itself.
    static let silence = ["OTEL_TRACES_EXPORTER": "none", "OTEL_METRICS_EXPORTER": "none"]

    /// Starts the service at a free port and waits until it says where it listens.
    static func start(
        via way: String,
        _ arguments: [String] = [],
        environment: [String: String] = silence
    ) async throws -> ServiceProcess {
        let (process, output, error) = try launch(["--port", "0", "--via", way] + arguments, environment)
        let line = await onThread { firstLine(of: output.fileHandleForReading) }
        guard let port = line.split(separator: ":").last?.prefix(while: \.isNumber), let port = Int(port) else {
            let outcome = await finish(process, output, error)
            throw Failure(description: "via \(way), the service said \"\(line)\" and \(outcome)")
        }
        return ServiceProcess(process, output, error, way: way, port: port)
    }

    /// Runs the service with arguments that don't let it start.
    static func run(_ arguments: [String]) async throws -> Outcome {
        let (process, output, error) = try launch(arguments, silence)
        return await finish(process, output, error)
    }

    /// Asks it to stop, as a system does, and waits until it has.
    func stop(_ signal: Int32 = SIGTERM) async -> Outcome {
        kill(process.processIdentifier, signal)
        return await Self.finish(process, output, error)
    }

    private init(_ process: Process, _ output: Pipe, _ error: Pipe, way: String, port: Int) {
        self.process = process
        self.output = output
        self.error = error
        self.way = way
        self.port = port
    }

    private static func launch(
        _ arguments: [String],
        _ environment: [String: String]
    ) throws -> (Process, Pipe, Pipe) {
        let tests = Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }?.bundleURL
        let beside = tests ?? URL(filePath: CommandLine.arguments[0])
        let (process, output, error) = (Process(), Pipe(), Pipe())
        process.executableURL = beside.deletingLastPathComponent().appending(path: "TraceContextService")
        process.arguments = arguments
        // Of the variables of telemetry it sees those alone that the test sets.
        process.environment = ProcessInfo.processInfo.environment
            .filter { !$0.key.hasPrefix("OTEL_") && $0.key != "STITCH_TRACES_FILE" }
            .merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.standardError = error
        try process.run()
        return (process, output, error)
    }

    private static func finish(_ process: Process, _ output: Pipe, _ error: Pipe) async -> Outcome {
        // At the same time: who writes much to the one may not get to close the other.
        async let outputText = onThread { text(of: output) }
        async let errorText = onThread { text(of: error) }
        return await Outcome(
            status: onThread {
                process.waitUntilExit()
                return process.terminationStatus
            },
            output: outputText,
            error: errorText
        )
    }

    private static func text(of pipe: Pipe) -> String {
        String(decoding: (try? pipe.fileHandleForReading.readToEnd()) ?? Data(), as: UTF8.self)
    }

    private static func firstLine(of output: FileHandle) -> String {
        var line = Data()
        while let bytes = try? output.read(upToCount: 1), let byte = bytes.first, byte != UInt8(ascii: "\n") {
            line.append(byte)
        }
        return String(decoding: line, as: UTF8.self)
    }
}

/// Does what blocks on a thread of its own.
func onThread<Result: Sendable>(_ work: @escaping @Sendable () -> Result) async -> Result {
    await withCheckedContinuation { continuation in
        Thread.detachNewThread { continuation.resume(returning: work()) }
    }
}
