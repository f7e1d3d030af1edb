// SPDX-License-Identifier: Apache-2.0

import Foundation
import StitchService
import Synchronization

/// What a server shares with its connections: the shell round ``ServerState``, and the owner of the handlers' tasks.
///
/// Lives until the daemon has stopped, also when nobody holds the ``HTTPServer`` any more.
final class ServerCore: Sendable {
    private struct Shared {
        var state = ServerState()
        var daemon: Daemon?
        var handlers: [ObjectIdentifier: Task<Void, Never>] = [:]
        var waiting: [CheckedContinuation<Void, Never>] = []
        var lastProgress: ContinuousClock.Instant?
    }

    let configuration: HTTPServerConfiguration
    let routes: RouteTable
    private let shared = Mutex(Shared())

    init(_ configuration: HTTPServerConfiguration, _ routes: RouteTable) {
        self.configuration = configuration
        self.routes = routes
    }

    var isServing: Bool { shared.withLock { $0.state.isServing } }

    var health: ServiceHealth {
        shared.withLock { shared in
            ServiceHealth(
                lastProgress: shared.lastProgress,
                blocker: shared.state.isServing ? nil : "The server is shut down"
            )
        }
    }

    func start(_ listener: ListeningSocket) throws(HTTPError) {
        let daemon = try Daemon(listener, configuration, self)
        shared.withLock { $0.daemon = daemon }
    }

    // MARK: - What libmicrohttpd's thread tells

    func open(_ target: String, _ connection: OpaquePointer) -> Exchange {
        let isTaken = shared.withLock { $0.state.exchangeOpened() }
        return Exchange(self, target: target, isTaken: isTaken, connection: connection)
    }

    func exchangeClosed() {
        perform(
            shared.withLock { shared in
                shared.lastProgress = .now
                return shared.state.exchangeClosed()
            }
        )
    }

    /// Has a request handled in a task of its own; returns whether it did.
    func start(_ handler: @escaping HTTPRoute.Handler, _ request: HTTPRequest, _ exchange: Exchange) -> Bool {
        guard shared.withLock({ $0.state.handlerStarts() }) else { return false }
        // Before the task starts, which may resume it at once. The daemon isn't stopped while the handler counts.
        exchange.suspend()
        shared.withLock { shared in
            let task = Task {
                exchange.answer(await Self.answer(request, handler))
                self.handlerEnded(exchange)
            }
            shared.handlers[ObjectIdentifier(exchange)] = task
            if shared.state.isCancelling { task.cancel() }
        }
        return true
    }

    private func handlerEnded(_ exchange: Exchange) {
        perform(
            shared.withLock { shared in
                shared.handlers[ObjectIdentifier(exchange)] = nil
                return shared.state.handlerEnded()
            }
        )
    }

    private static func answer(_ request: HTTPRequest, _ handler: HTTPRoute.Handler) async -> HTTPResponse {
        do {
            return try await handler(request)
        } catch is CancellationError where Task.isCancelled {
            return .text("The server is stopping.\n", status: 503)
        } catch {
            Diagnostics.log(
                .error,
                "A handler failed, so its request was answered with 500: \(error)",
                metadata: ["method": request.method, "path": request.path]
            )
            return .text("Internal server error.\n", status: 500)
        }
    }

    // MARK: - Stopping

    func drain() {
        perform(shared.withLock { $0.state.shutdownRequested() })
    }

    func cancel() {
        perform(shared.withLock { $0.state.cancelRequested() })
    }

    /// Returns when the daemon has stopped; cancellation doesn't end the wait.
    func stopped() async {
        await withCheckedContinuation { continuation in
            let isStopped = shared.withLock { shared in
                if !shared.state.isStopped { shared.waiting.append(continuation) }
                return shared.state.isStopped
            }
            if isStopped { continuation.resume() }
        }
    }

    private func perform(_ actions: [ServerState.Action]) {
        for action in actions {
            switch action {
            case .stopAccepting:
                shared.withLock { $0.daemon }?.stopAccepting()
            case .cancelHandlers:
                for task in shared.withLock({ Array($0.handlers.values) }) { task.cancel() }
            case .stopDaemon:
                // On a thread that may block, and not on the daemon's own, which is joined.
                Thread.detachNewThread {
                    self.shared.withLock { $0.daemon }?.stop()
                    self.perform(self.shared.withLock { $0.state.daemonStopped() })
                }
            case .announceStop:
                let waiting = shared.withLock { shared in
                    defer { shared.waiting = [] }
                    shared.daemon = nil
                    return shared.waiting
                }
                for continuation in waiting { continuation.resume() }
            }
        }
    }
}
