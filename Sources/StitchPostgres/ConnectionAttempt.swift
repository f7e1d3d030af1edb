// SPDX-License-Identifier: Apache-2.0

import CStitchLibpq
import Dispatch

/// Makes one connection, step by step as libpq asks for it.
///
/// Of several hosts each has its share of the time; one that says nothing is left out then, and the others are tried.
struct ConnectionAttempt: Sendable {
    let settings: ConnectionSettings
    let timeout: Duration

    private enum Outcome {
        case connected(ConnectionHandle)
        /// The host at a place of the list has said nothing for its share of the time.
        case silent(Int)
    }

    /// Connects.
    ///
    /// - Throws: ``PostgresError`` when the server refuses, can't be reached in time, or the task is cancelled.
    func run() async throws(PostgresError) -> ConnectionHandle {
        let deadline = ContinuousClock.now + timeout
        var hosts = ConnectionHosts(settings)
        var silent: [String] = []
        while true {
            let outcome: Outcome
            do { outcome = try await tryHosts(hosts, until: deadline) } catch {
                guard !silent.isEmpty, error.code == .connectionFailed else { throw error }
                throw PostgresError(
                    error.code,
                    "\(error.message); no answer in time from \(silent.joined(separator: ", "))"
                )
            }
            switch outcome {
            case .connected(let handle): return handle
            case .silent(let place):
                guard let name = hosts.remove(at: place) else {
                    let others = silent.isEmpty ? "" : ", nor from \(silent.joined(separator: ", "))"
                    throw failure("no answer within \(timeout)\(others); check the address, or raise connectTimeout")
                }
                silent.append(name)
            }
        }
    }

    private func tryHosts(
        _ hosts: ConnectionHosts,
        until deadline: ContinuousClock.Instant
    ) async throws(PostgresError) -> Outcome {
        var place = 0
        var limit = ContinuousClock.now
        /// Gives the host that libpq is at its share of what is left.
        func begin(_ newPlace: Int) {
            place = newPlace
            let now = ContinuousClock.now
            limit = now + hosts.share(of: max(deadline - now, .zero), at: place)
        }
        begin(0)
        // Both may resolve names. Who gives up on a step leaves the connection to the thread that is in it.
        let settings = hosts.applied
        guard let made = await blocking(until: limit, { ConnectionHandle(connectingWith: settings) }) else {
            return try silence(at: place)
        }
        guard let handle = made else {
            throw PostgresError(.connectionFailed, "Connecting to Postgres failed: out of memory")
        }
        guard PQstatus(handle.pointer) != CONNECTION_BAD else { throw failure(handle.complaint) }
        var next = PGRES_POLLING_WRITING  // So libpq's manual: at first as if it had asked to write.
        while next != PGRES_POLLING_OK {
            guard next == PGRES_POLLING_READING || next == PGRES_POLLING_WRITING else {
                throw failure(handle.complaint)
            }
            if let current = hosts.place(of: handle.host, port: handle.port), current != place { begin(current) }
            guard try await wait(handle, for: next == PGRES_POLLING_READING ? .read : .write, until: limit) else {
                return .silent(place)
            }
            guard let step = await blocking(until: limit, { PQconnectPoll(handle.pointer) }) else {
                return try silence(at: place)
            }
            next = step
        }
        guard PQsetnonblocking(handle.pointer, 1) == 0 else { throw failure(handle.complaint) }
        return .connected(handle)
    }

    private func silence(at place: Int) throws(PostgresError) -> Outcome {
        if Task.isCancelled { throw Self.cancelled }
        return .silent(place)
    }

    /// Waits for the socket, which may be another one after each step.
    ///
    /// - Returns: Whether something happened in time.
    private func wait(
        _ handle: ConnectionHandle,
        for interest: SocketWatch.Interest,
        until limit: ContinuousClock.Instant
    ) async throws(PostgresError) -> Bool {
        guard let watch = SocketWatch(socket: PQsocket(handle.pointer)) else {
            throw failure("the process has no file descriptor left")
        }
        defer { watch.close() }
        let alarm = DispatchWorkItem { watch.wake() }
        let remaining = max(limit - ContinuousClock.now, .zero)
        DispatchQueue.global().asyncAfter(deadline: .now() + remaining.dispatchInterval, execute: alarm)
        defer { alarm.cancel() }
        await withTaskCancellationHandler {
            await watch.wait(for: interest)
        } onCancel: {
            watch.wake()
        }
        if Task.isCancelled { throw Self.cancelled }
        return ContinuousClock.now < limit
    }

    private static var cancelled: PostgresError {
        PostgresError(.cancelled, "Connecting to Postgres was cancelled")
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
