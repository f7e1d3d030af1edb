// SPDX-License-Identifier: Apache-2.0

import ChaosJobs
import Foundation

/// `JobMember`: a worker in a process of its own, to be killed.
final class JobMemberProcess: Sendable {
    let name: String
    private let process: Process
    // It lives as long as somebody holds this end.
    private let lifeline: FileHandle

    /// Starts it.
    ///
    /// - Parameters:
    ///   - name: Its name.
    ///   - lease: How long it may be silent.
    ///   - environment: Its database and what else differs from this process.
    ///   - hear: Is told what it says, from a thread of its own.
    ///   - ended: Is told when it has ended and all was heard, and whether a signal ended it.
    /// - Throws: When it can't be started.
    init(
        _ name: String,
        lease: Duration,
        environment: [String: String],
        hear: @escaping @Sendable (UInt64, MemberEvent) -> Void,
        ended: @escaping @Sendable (_ status: Int32, _ wasSignalled: Bool) -> Void
    ) throws {
        self.name = name
        let tests = Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }?.bundleURL
        let beside = tests ?? URL(filePath: CommandLine.arguments[0])
        let (input, output) = (Pipe(), Pipe())
        for end in [input.fileHandleForWriting, output.fileHandleForReading] {
            _ = fcntl(end.fileDescriptor, F_SETFD, FD_CLOEXEC)
        }
        lifeline = input.fileHandleForWriting
        process = Process()
        process.executableURL = beside.deletingLastPathComponent().appending(path: "JobMember")
        process.arguments = [
            name, "\(lease.components.seconds * 1000 + lease.components.attoseconds / 1_000_000_000_000_000)",
        ]
        process.environment = ProcessInfo.processInfo.environment
            .merging(["SWIFT_BACKTRACE": "enable=no"]) { $1 }
            .merging(environment) { $1 }
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let process = process
        Thread.detachNewThread {
            var rest = ""
            // Nothing is there at the end.
            while case let data = output.fileHandleForReading.availableData, !data.isEmpty {
                var lines = (rest + String(decoding: data, as: UTF8.self)).split(
                    separator: "\n",
                    omittingEmptySubsequences: false
                )
                rest = String(lines.removeLast())
                for line in lines { if let (time, event) = MemberEvent.parse(line) { hear(time, event) } }
            }
            process.waitUntilExit()
            ended(process.terminationStatus, process.terminationReason == .uncaughtSignal)
        }
    }

    /// Ends it at once.
    func kill() { send(SIGKILL) }

    /// Lets it stand still.
    func stop() { send(SIGSTOP) }

    /// Lets it go on.
    func resume() { send(SIGCONT) }

    /// Asks it to end.
    func terminate() { send(SIGTERM) }

    private func send(_ signal: Int32) { Foundation.kill(process.processIdentifier, signal) }
}
