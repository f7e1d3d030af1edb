// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization

/// A service of a demo in a process of its own: what it counts arrives as lines, what it says goes to a log.
///
/// `@unchecked Sendable`: the process is set up before anybody else sees it; afterwards only `terminate` and the reading
/// of its state are called, which Foundation guards with a lock of its own.
final class ServiceProcess: @unchecked Sendable {
    let service: DemoService
    /// What it counts.
    let counts: AsyncStream<DemoCounts>

    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private let log: URL
    private let ended = Latch()

    /// How long a service may take to stop before it is killed.
    private static let patience = DispatchTimeInterval.seconds(15)

    /// Starts it.
    init(_ service: DemoService, environment: [String: String], log: URL) throws {
        self.service = service
        self.log = log
        try Data().write(to: log)
        // A service that inherited the end that we write to would keep its siblings, and itself, from seeing us go.
        for pipe in [input, output] {
            for handle in [pipe.fileHandleForReading, pipe.fileHandleForWriting] {
                _ = fcntl(handle.fileDescriptor, F_SETFD, FD_CLOEXEC)
            }
        }
        process.executableURL = try Self.executable()
        process.arguments = [DemoService.commandName, service.rawValue]
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = input
        process.standardOutput = output
        process.standardError = try FileHandle(forWritingTo: log)
        process.terminationHandler = { [ended] _ in ended.open() }
        let decoder = JSONDecoder()
        let lines = LineStream.lines(of: output.fileHandleForReading)
        counts = AsyncStream(bufferingPolicy: .bufferingNewest(1)) { continuation in
            // Ends with the lines, that is, with the process.
            let reading = Task {
                for await line in lines {
                    if let counts = try? decoder.decode(DemoCounts.self, from: Data(line.utf8)) {
                        continuation.yield(counts)
                    }
                }
                continuation.finish()
            }
            continuation.onTermination = { _ in reading.cancel() }
        }
        try process.run()
    }

    /// Tells it something.
    ///
    /// A service that is gone hears nothing.
    func send(_ line: String) {
        try? input.fileHandleForWriting.write(contentsOf: Data("\(line)\n".utf8))
    }

    /// Stops it, by force if it takes too long, and waits until it is gone.
    func stop() async {
        process.terminate()
        let identifier = process.processIdentifier
        let kill = DispatchWorkItem { [process] in
            if process.isRunning { Foundation.kill(identifier, SIGKILL) }
        }
        DispatchQueue.global().asyncAfter(deadline: .now() + Self.patience, execute: kill)
        await ended.wait()
        kill.cancel()
    }

    /// Why it failed, if it did; asked when it has ended.
    var failure: CommandError? {
        guard process.terminationStatus != 0 || process.terminationReason == .uncaughtSignal else { return nil }
        let how = process.terminationReason == .uncaughtSignal ? "died of signal" : "ended with status"
        return .failure("\(service.rawValue) \(how) \(process.terminationStatus)\(lastWords)")
    }

    /// Waits until it has ended.
    func waitUntilEnded() async { await ended.wait() }

    private var lastWords: String {
        let text = (try? String(contentsOf: log, encoding: .utf8)) ?? ""
        guard let line = text.split(separator: "\n").last else { return "" }
        return ": \(String(line).printable)"
    }

    private static func executable() throws -> URL {
        guard let path = Bundle.main.executablePath else {
            throw CommandError.failure("can't find the program that runs, to start the services with")
        }
        return URL(filePath: path)
    }
}
