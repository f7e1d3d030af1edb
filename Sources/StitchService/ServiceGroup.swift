// SPDX-License-Identifier: Apache-2.0

/// Runs services side by side and stops them in order; the shell round ``ServiceGroupState``.
struct ServiceGroup: Sendable {
    private enum Input: Sendable {
        case signal
        case ended(Int, (any Error)?)
    }

    let services: [any Service]

    /// Runs until `stopRequests` yields (in order), yields again (cancelling), a service ends, or the task is cancelled
    /// (which counts as two requests at once).
    func run(stopRequests: AsyncStream<Void>) async throws {
        // Bounded by what can happen: each service ends once, and requests beyond the second change nothing.
        let (inputs, input) = AsyncStream.makeStream(of: Input.self)
        // Each of these tasks is awaited below. They are not children of a task group because a cancelled caller must
        // not cancel them all at once: what stops last still has to deliver what the others leave.
        let running = services.enumerated().map { index, service in
            Task {
                do {
                    try await service.run()
                    input.yield(.ended(index, nil))
                } catch {
                    input.yield(.ended(index, error))
                }
            }
        }
        let listening = Task {
            for await _ in stopRequests { input.yield(.signal) }
        }
        // A task of its own, because it ends by `finish` alone: it must not see the cancellation of the caller.
        let conducting = Task { await conduct(inputs, running) }
        let failure = await withTaskCancellationHandler {
            await conducting.value
        } onCancel: {
            input.yield(.signal)
            input.yield(.signal)
        }
        listening.cancel()
        await listening.value
        for task in running { await task.value }
        if let failure { throw failure }
    }

    /// Turns inputs into actions until all services have ended; returns the error of the first that failed.
    private func conduct(_ inputs: AsyncStream<Input>, _ running: [Task<Void, Never>]) async -> (any Error)? {
        var state = ServiceGroupState(
            names: services.map(\.name),
            stopsLast: Set(services.indices.filter { services[$0].stopsLast })
        )
        var shutdowns: [Task<Void, Never>] = []
        conducting: for await received in inputs {
            let actions =
                switch received {
                case .signal: state.handle(.stopRequested)
                case .ended(let index, let error): state.handle(.ended(service: index, error))
                }
            for action in actions {
                switch action {
                case .shutdown(let index):
                    let service = services[index]
                    shutdowns.append(Task { await service.shutdown() })
                case .cancel(let index):
                    running[index].cancel()
                case .finish:
                    break conducting
                }
            }
        }
        for shutdown in shutdowns { await shutdown.value }
        return state.failure
    }
}
