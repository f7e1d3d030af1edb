// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// The process that runs ``GuardianScript``, and the one end of a pipe on which its life hangs.
final class Guardian: Sendable {
    let folder: String
    private let lifeline: Lifeline
    private let exit: ProcessExit

    private init(folder: String, lifeline: Lifeline, exit: ProcessExit) {
        self.folder = folder
        self.lifeline = lifeline
        self.exit = exit
    }

    /// Starts the script and waits until it says that the server is ready.
    ///
    /// Cancelling the task stops it again.
    static func start(arguments: [String]) async throws(PostgresTestingError) -> Guardian {
        guard let lifeline = Lifeline() else {
            throw PostgresTestingError(
                .serverFailed,
                "Starting a temporary Postgres failed: no file descriptor is left"
            )
        }
        let exit = ProcessExit()
        let output = Pipe()
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", GuardianScript.text, "stitch-postgres-guardian"] + arguments
        process.standardInput = lifeline.readEnd
        process.standardOutput = output
        process.terminationHandler = { _ in exit.signal() }
        do { try process.run() } catch {
            throw PostgresTestingError(.serverFailed, "Starting a temporary Postgres failed: /bin/sh", cause: error)
        }
        try? lifeline.readEnd.close()
        try? output.fileHandleForWriting.close()
        let report = await withTaskCancellationHandler {
            await GuardianReport.read(from: output.fileHandleForReading)
        } onCancel: {
            lifeline.cut()
        }
        guard report.isReady, let folder = report.folder, !Task.isCancelled else {
            lifeline.cut()
            await exit.wait()
            throw PostgresTestingError(
                .serverFailed,
                "Starting a temporary Postgres failed: \(report.failure ?? "it was interrupted")"
            )
        }
        return Guardian(folder: folder, lifeline: lifeline, exit: exit)
    }

    func crash() { lifeline.send("crash\n") }

    func stop() async {
        lifeline.cut()
        await exit.wait()
    }
}

/// A pipe whose writing end stays in this process alone; its reading end sees the end when that is closed.
private final class Lifeline: Sendable {
    let readEnd: FileHandle
    private let writeEnd: Mutex<Int32?>

    init?() {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { return nil }
        // A child of ours that kept the writing end would keep the server alive after us.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        readEnd = FileHandle(fileDescriptor: ends[0], closeOnDealloc: true)
        writeEnd = Mutex(ends[1])
    }

    deinit { cut() }

    func send(_ line: String) {
        writeEnd.withLock { end in
            guard let end else { return }
            try? FileHandle(fileDescriptor: end, closeOnDealloc: false).write(contentsOf: Data(line.utf8))
        }
    }

    func cut() {
        writeEnd.withLock { end in
            if let end { close(end) }
            end = nil
        }
    }
}

/// Tells those who wait that a process has ended.
private final class ProcessExit: Sendable {
    private struct State {
        var hasEnded = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    func signal() {
        let waiters = state.withLock { state in
            state.hasEnded = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    func wait() async {
        await withCheckedContinuation { continuation in
            let hasEnded = state.withLock { state in
                if !state.hasEnded { state.waiters.append(continuation) }
                return state.hasEnded
            }
            if hasEnded { continuation.resume() }
        }
    }
}
