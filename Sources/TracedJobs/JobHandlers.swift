// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// The handlers of a worker by kind of job.
final class JobHandlers: Sendable {
    private struct State {
        var handlers: [String: (body: KindHandler.Body, options: KindHandler.Options)] = [:]
        var duplicates: Set<String> = []
    }

    private let state = Mutex(State())

    /// Registers a handler under all names of its kind.
    func add<Description: Job>(
        _ type: Description.Type,
        _ options: KindHandler.Options = .init(),
        _ body: @escaping @Sendable (Description, JobAttempt) async throws -> Void
    ) {
        let body = KindHandler.reading(body)
        state.withLock { state in
            for name in Description.names {
                if state.handlers[name] == nil {
                    state.handlers[name] = (body, options)
                } else {
                    state.duplicates.insert(name)
                }
            }
        }
    }

    /// The handlers, if there is one for each kind and they can be used.
    func checked(for configuration: JobWorkerConfiguration) throws(JobError) -> [String: KindHandler] {
        let (handlers, duplicates) = state.withLock { ($0.handlers, $0.duplicates) }
        if let kind = duplicates.sorted().first {
            throw JobError(
                .duplicateHandler,
                "Two handlers are registered for jobs of kind \(kind), which may be an alias of one of them; register one"
            )
        }
        for (kind, handler) in handlers.sorted(by: { $0.key < $1.key }) { try handler.options.validate(for: kind) }
        return handlers.mapValues { KindHandler($0.body, $0.options, of: configuration) }
    }
}
