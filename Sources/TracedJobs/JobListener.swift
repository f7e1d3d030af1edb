// SPDX-License-Identifier: Apache-2.0

import StitchPostgres
import StitchService

/// Wakes a worker when a job is enqueued, by listening on a connection of its own.
struct JobListener: Sendable {
    let store: JobStore
    let wake: WakeSignal

    /// How long to wait before the next try to connect; the worker looks for jobs by itself meanwhile.
    private static let retryDelay = Duration.seconds(2)

    /// Listens until the task is cancelled.
    func run() async {
        while !Task.isCancelled {
            do {
                try await store.database.withListener(to: [store.names.channel]) { connection in
                    // What came before the connection listened.
                    wake.signal()
                    while true {
                        _ = try await connection.nextNotification()
                        wake.signal()
                    }
                }
            } catch {
                guard !Task.isCancelled else { return }
                Diagnostics.log(.warning, "Listening for jobs failed, trying again in \(Self.retryDelay): \(error)")
                try? await Task.sleep(for: Self.retryDelay)
            }
        }
    }
}
