// SPDX-License-Identifier: Apache-2.0

import StitchHTTP
import Synchronization

/// Runs `body` against a server that listens at a free port, and shuts the server down after it.
func withServer(
    _ routes: [HTTPRoute],
    configure: (inout HTTPServerConfiguration) -> Void = { _ in },
    _ body: (HTTPServer) async throws -> Void
) async throws {
    var configuration = HTTPServerConfiguration()
    configure(&configuration)
    let server = try HTTPServer(configuration, routes: routes)
    async let running: Void = server.run()
    do {
        try await body(server)
    } catch {
        await server.shutdown()
        throw error
    }
    await server.shutdown()
    try await running
}

/// Counts arrivals and holds those who arrive until it is opened.
final class Gate: Sendable {
    private struct State {
        var isOpen = false
        var arrived = 0
        var held: [CheckedContinuation<Void, Never>] = []
        var expecting: [(count: Int, CheckedContinuation<Void, Never>)] = []
    }

    private let state = Mutex(State())

    /// Waits at the gate; with cancellation it opens for all.
    func pass() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let (isOpen, reached) = state.withLock { state in
                    state.arrived += 1
                    if !state.isOpen { state.held.append(continuation) }
                    let reached = state.expecting.filter { $0.count <= state.arrived }
                    state.expecting.removeAll { $0.count <= state.arrived }
                    return (state.isOpen, reached)
                }
                if isOpen { continuation.resume() }
                for (_, waiting) in reached { waiting.resume() }
            }
        } onCancel: {
            open()
        }
    }

    /// Returns when so many have arrived.
    func arrivals(_ count: Int) async {
        await withCheckedContinuation { continuation in
            let isReached = state.withLock { state in
                if state.arrived < count { state.expecting.append((count, continuation)) }
                return state.arrived >= count
            }
            if isReached { continuation.resume() }
        }
    }

    func open() {
        let held = state.withLock { state in
            state.isOpen = true
            defer { state.held = [] }
            return state.held
        }
        for continuation in held { continuation.resume() }
    }
}
