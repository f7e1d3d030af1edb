// SPDX-License-Identifier: Apache-2.0

#if ServiceLifecycleSupport
public import ServiceLifecycle
public import StitchService
import Synchronization

/// A group of swift-service-lifecycle among Stitch's services.
///
/// ```swift
/// let group = ServiceGroup(services: [httpServer], logger: logger)
/// try await runUntilSignal(telemetry, consumer, ServiceGroupService(group))
/// ```
///
/// **Contract.** The group begins to work with ``run()``, not before. Shutting it down is its graceful shutdown, and returns
/// when the group has ended; how long that may take is the group's `maximumGracefulShutdownDuration`. The group is not to
/// listen to signals of its own.
public final class ServiceGroupService: StitchService.Service {
    private enum State {
        case idle
        case running
        case stopping([CheckedContinuation<Void, Never>])
        case ended
    }

    private let group: ServiceGroup
    private let state = Mutex(State.idle)

    private var isStopping: Bool {
        state.withLock { if case .stopping = $0 { true } else { false } }
    }

    /// What it is called in diagnostics and errors.
    public let name: String

    /// The group, to be run by ``run()`` alone.
    ///
    /// - Parameters:
    ///   - group: The services.
    ///   - name: What they are called.
    public init(_ group: ServiceGroup, name: String = "ServiceGroup") {
        self.group = group
        self.name = name
    }

    /// Runs the group until it is shut down or the calling task is cancelled.
    ///
    /// - Throws: What the group throws.
    public func run() async throws {
        let mayRun = state.withLock { state in
            guard case .idle = state else { return false }
            state = .running
            return true
        }
        guard mayRun else { return }
        defer { end() }
        do {
            try await group.run()
        } catch let error as ServiceGroupError where error.errorCode == .alreadyFinished && isStopping {
            // It was shut down before it had begun.
        }
    }

    /// Shuts the group down gracefully, and returns when it has ended; a group that hasn't begun never does.
    public func shutdown() async {
        let isRunning = state.withLock { state in
            switch state {
            case .idle:
                state = .ended
                return false
            case .running:
                state = .stopping([])
                return true
            case .stopping: return true
            case .ended: return false
            }
        }
        guard isRunning else { return }
        await group.triggerGracefulShutdown()
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                guard case .stopping(let waiting) = state else { return true }
                state = .stopping(waiting + [continuation])
                return false
            }
            if isOver { continuation.resume() }
        }
    }

    private func end() {
        let waiting = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            defer { state = .ended }
            guard case .stopping(let waiting) = state else { return [] }
            return waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}
#endif
