// SPDX-License-Identifier: Apache-2.0

import CStitchLibpq
import Dispatch

extension PostgresConnection {
    /// Makes the server send the notifications of a channel to this connection, until it is closed.
    ///
    /// - Throws: ``PostgresError``.
    public func listen(to channel: String) async throws(PostgresError) {
        _ = try await run("LISTEN \(PostgresIdentifier(channel))", .none)
    }

    /// Waits for the next notification of the channels listened to.
    ///
    /// Cancelling the task ends the wait and leaves the connection as it is.
    ///
    /// - Throws: ``PostgresError`` with ``PostgresError/Code/cancelled``, or when the connection is lost.
    public func nextNotification() async throws(PostgresError) -> PostgresNotification {
        while true {
            if let notification = try await nextNotification(within: nil) { return notification }
        }
    }

    /// Waits for the next notification of the channels listened to, but not for longer than a certain time.
    ///
    /// Cancelling the task ends the wait and leaves the connection as it is.
    ///
    /// - Returns: The notification; `nil` when the time was over.
    /// - Throws: ``PostgresError`` with ``PostgresError/Code/cancelled``, or when the connection is lost.
    public func nextNotification(within timeout: Duration?) async throws(PostgresError) -> PostgresNotification? {
        let summary = StatementSummary("Waiting for a notification")
        let handle = try begin(summary)
        defer { isBusy = false }
        let deadline = timeout.map { ContinuousClock.now + $0 }
        let alarm = timeout.map { timeout in
            let alarm = DispatchWorkItem { [watch] in watch.wake() }
            DispatchQueue.global().asyncAfter(deadline: .now() + timeout.dispatchInterval, execute: alarm)
            return alarm
        }
        defer { alarm?.cancel() }
        while true {
            // What PQnotifies returns is ours until PQfreemem.
            if let found = PQnotifies(handle.pointer) {
                defer { PQfreemem(found) }
                return PostgresNotification(
                    channel: String(cString: found.pointee.relname),
                    payload: String(cString: found.pointee.extra),
                    sender: found.pointee.be_pid
                )
            }
            if Task.isCancelled { throw PostgresError(.cancelled, "\(summary) was cancelled") }
            if let deadline, ContinuousClock.now >= deadline { return nil }
            await withTaskCancellationHandler {
                await watch.wait(for: .read)
            } onCancel: { [watch] in
                watch.wake()
            }
            guard PQconsumeInput(handle.pointer) == 1 else { throw lost(handle, summary) }
        }
    }
}
