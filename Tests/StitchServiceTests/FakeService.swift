// SPDX-License-Identifier: Apache-2.0

import StitchService
import Synchronization

/// What happened, in order; a test can wait for an entry.
final class Journal: Sendable {
    private let written = Mutex<[String]>([])
    private let stream: AsyncStream<String>
    private let continuation: AsyncStream<String>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream(of: String.self) }

    var entries: [String] { written.withLock { $0 } }

    func write(_ entry: String) {
        written.withLock { $0.append(entry) }
        continuation.yield(entry)
    }

    /// Returns when all of `expected` have been written since the last wait; to be called by one task at a time.
    func wait(for expected: Set<String>) async {
        var missing = expected
        for await entry in stream {
            missing.remove(entry)
            if missing.isEmpty { return }
        }
    }
}

/// A service that writes down what is done to it.
final class FakeService: Service {
    enum Behaviour {
        /// Ends when it is shut down or cancelled.
        case obedient
        /// Ends only when it is cancelled.
        case stubborn
        /// Ends by itself, at once.
        case short
    }

    let name: String
    let stopsLast: Bool
    private let journal: Journal
    private let behaviour: Behaviour
    private let failure: (any Error)?
    private let stopped = Gate()
    private let ended = Gate()

    init(
        _ name: String,
        _ journal: Journal,
        _ behaviour: Behaviour = .obedient,
        stopsLast: Bool = false,
        throwing failure: (any Error)? = nil
    ) {
        self.name = name
        self.journal = journal
        self.behaviour = behaviour
        self.stopsLast = stopsLast
        self.failure = failure
    }

    func run() async throws {
        defer { ended.open() }
        journal.write("\(name) runs")
        if behaviour != .short { await stopped.wait() }
        journal.write(Task.isCancelled ? "\(name) was cancelled" : "\(name) ended")
        if let failure { throw failure }
    }

    func shutdown() async {
        journal.write("\(name) is shut down")
        if behaviour == .obedient { stopped.open() }
        await ended.wait()
    }
}

/// Something that happens once; a waiter that is cancelled waits no longer.
private final class Gate: Sendable {
    private let stream: AsyncStream<Never>
    private let continuation: AsyncStream<Never>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream(of: Never.self) }

    func open() { continuation.finish() }

    func wait() async { for await _ in stream {} }
}
