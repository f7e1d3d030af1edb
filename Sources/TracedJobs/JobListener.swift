// SPDX-License-Identifier: Apache-2.0

import StitchPostgres
import StitchService
import Synchronization

/// Hears of new jobs while the worker sleeps, on a connection of its own.
///
/// Nobody is told of jobs while nobody sleeps, so that a busy queue's commits send no notification: a sleeper holds a
/// shared advisory lock, for which enqueueing looks. It takes it, looks for jobs once more, and then sleeps.
final class JobListener: Sendable {
    private struct State {
        var wantsSleep = false
        var isConnected = false
        var isAsleep = false
        var wasNotified = false
    }

    /// How long to wait before the next try to connect; the worker looks for jobs by itself meanwhile.
    private static let retryDelay = Duration.seconds(2)
    private static let longTime = Duration.seconds(86_400)
    /// How long the worker waits for the lock: a connection whose other end has vanished is not missed for a minute.
    private static let patience = Duration.seconds(5)

    private let store: JobStore
    /// Where to listen; the queue's own database unless given.
    private let address: PostgresConfiguration?
    private let wake: WakeSignal
    /// Signalled when somebody wants a job stopped.
    private let order: WakeSignal
    private let command = WakeSignal()
    /// Signalled when a command was obeyed, or can't be.
    private let answered = WakeSignal()
    private let state = Mutex(State())

    init(_ store: JobStore, at address: PostgresConfiguration?, wake: WakeSignal, order: WakeSignal) {
        self.store = store
        self.address = address
        self.wake = wake
        self.order = order
    }

    /// Takes the lock of a sleeper.
    ///
    /// - Returns: Whether it is held; without a connection that answers it is not, and the worker has to look by itself.
    func fallAsleep() async -> Bool {
        let end = ContinuousClock.now + Self.patience
        let wasAsleep = state.withLock { state in
            state.wantsSleep = true
            return state.isAsleep
        }
        if !wasAsleep { command.signal() }
        while true {
            let (isConnected, isAsleep) = state.withLock { ($0.isConnected, $0.isAsleep) }
            if isAsleep || !isConnected { return isAsleep }
            let rest = end - .now
            guard rest > .zero, !Task.isCancelled else { return false }
            await answered.wait(atMost: rest)
        }
    }

    /// Gives the lock up.
    func wakeUp() {
        let wasAsleep = state.withLock { state in
            state.wantsSleep = false
            state.wasNotified = false
            return state.isAsleep
        }
        if wasAsleep { command.signal() }
    }

    /// Whether somebody has enqueued a job since the worker fell asleep.
    var wasNotified: Bool { state.withLock { $0.wasNotified } }

    /// Whether the lock is held.
    var isAsleep: Bool { state.withLock { $0.isAsleep } }

    /// Listens until the task is cancelled, or it is known that nobody can.
    func run(_ registration: Registration) async {
        while !Task.isCancelled {
            do {
                // A pool connects only for what it is asked for, so this one has the listener's connection alone.
                let database = try address.map { try PostgresPool($0) } ?? store.database
                try await database.withListener(to: [registration.channel]) { connection in
                    state.withLock { $0.isConnected = true }
                    // What came before the connection listened.
                    wake.signal()
                    try await listen(on: connection, Array(registration.queues.values))
                }
            } catch {
                disconnected()
                guard !Task.isCancelled else { return }
                if (error as? PostgresError)?.code == .unsupportedByPooler {
                    Diagnostics.log(
                        .warning,
                        "The worker can't listen for jobs through a pooler in transaction mode, and looks for them at "
                            + "intervals; set listener of its configuration to an address that leads past the pooler"
                    )
                    return
                }
                Diagnostics.log(.warning, "Listening for jobs failed, trying again in \(Self.retryDelay): \(error)")
                try? await Task.sleep(for: Self.retryDelay)
            }
        }
        disconnected()
    }

    private func disconnected() {
        state.withLock { state in
            state.isConnected = false
            state.isAsleep = false
        }
        answered.signal()
        wake.signal()
    }

    private func listen(on connection: PostgresConnection, _ queues: [Int32]) async throws {
        while true {
            try Task.checkCancellation()
            try await obey(connection, queues)
            for payload in try await nextEvent(on: connection) {
                if payload.hasPrefix("cancel") {
                    order.signal()
                } else {
                    state.withLock { $0.wasNotified = true }
                    wake.signal()
                }
            }
        }
    }

    /// Takes the lock or gives it up, as is wanted, also where that changes meanwhile.
    private func obey(_ connection: PostgresConnection, _ queues: [Int32]) async throws {
        while true {
            let wanted = state.withLock { state -> Bool? in
                guard state.wantsSleep != state.isAsleep else { return nil }
                // From here on nobody may rely on a lock that is being given up.
                if !state.wantsSleep { state.isAsleep = false }
                return state.wantsSleep
            }
            guard let wanted else { break }
            let function = store.names[wanted ? "fall_asleep" : "wake_up"]
            _ = try await connection.query("SELECT \(function)($1::integer[])::text", queues.map { Int64($0) })
            if wanted { state.withLock { $0.isAsleep = true } }
        }
        answered.signal()
    }

    /// Waits for a notification or a command; returns what was heard.
    private func nextEvent(on connection: PostgresConnection) async throws -> [String] {
        enum Event: Sendable {
            case heard(String)
            case command
            case failed(PostgresError)
        }
        var heard: [String] = []
        var failure: PostgresError?
        await withTaskGroup(of: Event.self) { group in
            group.addTask {
                do throws(PostgresError) { return .heard(try await connection.nextNotification().payload) } catch {
                    return .failed(error)
                }
            }
            group.addTask { [command] in
                await command.wait(atMost: Self.longTime)
                return .command
            }
            var isFirst = true
            for await event in group {
                switch event {
                case .heard(let payload): heard.append(payload)
                case .command: break
                // The one that was second is told to stop.
                case .failed(let error): if isFirst { failure = error }
                }
                isFirst = false
                group.cancelAll()
            }
        }
        if let failure { throw failure }
        return heard
    }
}
