// SPDX-License-Identifier: Apache-2.0

import CStitchLibpq

extension PostgresConnection {
    /// Makes the server send the notifications of a channel to this connection, until it is closed.
    ///
    /// - Throws: ``PostgresError``.
    public func listen(to channel: String) async throws(PostgresError) {
        _ = try await run("LISTEN \(PostgresIdentifier(channel))", .none)
    }

    /// Waits for the next notification of the channels listened to.
    ///
    /// Cancelling the task ends the wait and leaves the
    /// connection as it is.
    ///
    /// - Throws: ``PostgresError`` with ``PostgresError/Code/cancelled``, or when the connection is lost.
    public func nextNotification() async throws(PostgresError) -> PostgresNotification {
        let summary = StatementSummary("Waiting for a notification")
        let handle = try begin(summary)
        defer { isBusy = false }
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
            await withTaskCancellationHandler {
                await watch.wait(for: .read)
            } onCancel: { [watch] in
                watch.wake()
            }
            guard PQconsumeInput(handle.pointer) == 1 else { throw lost(handle, summary) }
        }
    }
}
