// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Synchronization

/// The thread on which a store is written to, and what readers see of what it has done.
final class StoreThread: Sendable {
    private let queue = DispatchQueue(label: "stitch-store")
    private let box = EngineBox()
    private let published = Mutex<StoreSnapshot?>(nil)

    /// Makes the engine; blocks the caller's thread meanwhile.
    func open(_ make: @Sendable () throws -> StoreEngine) throws {
        try queue.sync {
            let engine = try make()
            box.engine = engine
            publish(engine)
        }
    }

    /// What readers see.
    func snapshot() throws(StoreError) -> StoreSnapshot {
        guard let snapshot = published.withLock({ $0 }) else { throw Self.closed }
        return snapshot
    }

    /// Does something on the thread, and then lets readers see what has changed.
    func work<Result: Sendable>(_ body: @escaping @Sendable (StoreEngine) throws -> Result) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Swift.Result { try self.perform(body) }) }
        }
    }

    /// Goes on to a body on the thread, which may ``perform(_:)`` there.
    func start(_ body: @escaping @Sendable () -> Void) { queue.async(execute: body) }

    /// Does something on the thread, for callers that have one of their own to block.
    func block<Result>(_ body: (StoreEngine) throws -> Result) throws -> Result {
        try queue.sync { try perform(body) }
    }

    /// Does something, on the thread, and then lets readers see what has changed, even by what failed.
    func perform<Result>(_ body: (StoreEngine) throws -> Result) throws -> Result {
        guard let engine = box.engine else { throw Self.closed }
        let result = Swift.Result { try body(engine) }
        publish(engine)
        engine.resumeSealingWaiters()
        return try result.get()
    }

    private func publish(_ engine: StoreEngine) {
        // What was there stays readable.
        guard engine.isLoaded else { return }
        let snapshot = engine.partitions.snapshot
        published.withLock { $0 = snapshot }
    }

    /// Closes the files that nobody reads any more; whatever is asked later throws.
    func close() async {
        await withCheckedContinuation { continuation in
            queue.async { [self] in
                published.withLock { $0 = nil }
                box.engine?.resumeAllSealingWaiters()
                box.engine = nil
                continuation.resume()
            }
        }
    }

    private static var closed: StoreError { StoreError(.closed, "can't use the store: it was shut down") }
}

/// Holds the engine; `@unchecked Sendable` because it is touched on the store's thread alone.
private final class EngineBox: @unchecked Sendable {
    var engine: StoreEngine?
}
