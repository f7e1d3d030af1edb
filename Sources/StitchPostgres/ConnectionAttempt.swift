// SPDX-License-Identifier: Apache-2.0

import CStitchLibpq
import Dispatch

/// Makes one connection, step by step as libpq asks for it.
struct ConnectionAttempt: Sendable {
    let settings: ConnectionSettings
    let timeout: Duration

    /// Connects.
    ///
    /// - Throws: ``PostgresError`` when the server refuses, can't be reached in time, or the task is cancelled.
    func run() async throws(PostgresError) -> ConnectionHandle {
        let deadline = ContinuousClock.now + timeout
        guard let handle = await blocking({ [settings] in ConnectionHandle(connectingWith: settings) }) else {
            throw PostgresError(.connectionFailed, "Connecting to Postgres failed: out of memory")
        }
        guard PQstatus(handle.pointer) != CONNECTION_BAD else { throw failure(handle.complaint) }
        var next = PGRES_POLLING_WRITING  // So libpq's manual: at first as if it had asked to write.
        while next != PGRES_POLLING_OK {
            guard next == PGRES_POLLING_READING || next == PGRES_POLLING_WRITING else {
                throw failure(handle.complaint)
            }
            try await wait(handle, for: next == PGRES_POLLING_READING ? .read : .write, until: deadline)
            // May resolve the name of the next host.
            next = await blocking { PQconnectPoll(handle.pointer) }
        }
        guard PQsetnonblocking(handle.pointer, 1) == 0 else { throw failure(handle.complaint) }
        return handle
    }

    /// Waits for the socket, which may be another one after each step.
    private func wait(
        _ handle: ConnectionHandle,
        for interest: SocketWatch.Interest,
        until deadline: ContinuousClock.Instant
    ) async throws(PostgresError) {
        guard let watch = SocketWatch(socket: PQsocket(handle.pointer)) else {
            throw failure("the process has no file descriptor left")
        }
        defer { watch.close() }
        let alarm = DispatchWorkItem { watch.wake() }
        let remaining = max(deadline - ContinuousClock.now, .zero)
        DispatchQueue.global().asyncAfter(deadline: .now() + remaining.dispatchInterval, execute: alarm)
        defer { alarm.cancel() }
        await withTaskCancellationHandler {
            await watch.wait(for: interest)
        } onCancel: {
            watch.wake()
        }
        if Task.isCancelled { throw PostgresError(.cancelled, "Connecting to Postgres was cancelled") }
        if ContinuousClock.now >= deadline {
            throw failure("no answer within \(timeout); check the address, or raise connectTimeout")
        }
    }

    private func failure(_ reason: String) -> PostgresError {
        PostgresError(.connectionFailed, "Connecting to Postgres failed: \(reason)")
    }
}

extension Duration {
    /// The same for Dispatch, at most 292 years.
    var dispatchInterval: DispatchTimeInterval {
        let (seconds, attoseconds) = components
        guard seconds < Int64.max / 1_000_000_000 else { return .never }
        return .nanoseconds(Int(seconds * 1_000_000_000 + attoseconds / 1_000_000_000))
    }
}
