// SPDX-License-Identifier: Apache-2.0

/// What happens on channels that are listened to, for as long as somebody iterates.
///
/// **Contract.** Each iteration has a connection of its own, beside the pool's, which is made at its first step and closed
/// with it. A connection that is lost, or whose server gives no sign of life, is made anew, after waits that double, at
/// random, from 0.1 to 30 seconds. What was sent in between is lost: after each ``Event/listening`` look for what you may have
/// missed. Nothing is read while nobody asks, so no buffer grows here: the server keeps what waits, and its own queue fills
/// if that goes on for long. Cancelling the task ends the iteration.
///
/// ```swift
/// for try await event in database.notifications(of: ["orders"]) {
///     switch event {
///     case .listening: try await lookForOrders()
///     case .notification(let notification): try await look(for: notification.payload)
///     case .interrupted(let error): print("not listening: \(error)")
///     }
/// }
/// ```
public struct PostgresNotifications: AsyncSequence, Sendable {
    /// What happened.
    public enum Event: Sendable {
        /// What is sent from now on will come; what was sent before may have been lost.
        case listening
        /// Somebody has sent a notification.
        case notification(PostgresNotification)
        /// Nobody listens now, for this reason; the next step tries again.
        case interrupted(PostgresError)
    }

    let configuration: PostgresConfiguration
    let channels: [String]

    /// Starts an iteration.
    public func makeAsyncIterator() -> Iterator { Iterator(configuration, channels) }

    /// One iteration, with its connection.
    public struct Iterator: AsyncIteratorProtocol {
        private let configuration: PostgresConfiguration
        private let channels: [String]
        private var connection: PostgresConnection?
        private var backoff = Backoff(first: .milliseconds(100), limit: .seconds(30))
        private var mustWait = false

        init(_ configuration: PostgresConfiguration, _ channels: [String]) {
            self.configuration = configuration
            self.channels = channels
        }

        /// Waits for the next event.
        ///
        /// - Returns: The event; `nil` when the task was cancelled.
        /// - Throws: ``PostgresError`` for what trying again does not help, such as a configuration that can't be used.
        public mutating func next() async throws(PostgresError) -> Event? {
            if Task.isCancelled { return nil }
            do throws(PostgresError) {
                guard let connection else { return try await connect() }
                while true {
                    if let notification = try await connection.nextNotification(within: configuration.listenerCheck) {
                        backoff.reset()
                        return .notification(notification)
                    }
                    guard await connection.answers() else {
                        throw PostgresError(
                            .connectionLost,
                            "Waiting for a notification: the server gives no sign of life; is the network up?"
                        )
                    }
                    // It has lived for a while: the next loss begins anew, with a short wait.
                    backoff.reset()
                }
            } catch {
                if Task.isCancelled { return nil }
                guard error.isRetryable else { throw error }
                await connection?.close()
                connection = nil
                return .interrupted(error)
            }
        }

        private mutating func connect() async throws(PostgresError) -> Event? {
            if mustWait {
                // Ends at once when the task is cancelled.
                try? await Task.sleep(for: backoff.delay())
                if Task.isCancelled { return nil }
            }
            mustWait = true
            let made = try await PostgresConnection.open(configuration)
            for channel in channels { try await made.listen(to: channel) }
            connection = made
            return .listening
        }
    }
}
