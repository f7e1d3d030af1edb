// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization

/// The handlers of a worker by kind of job.
final class JobHandlers: Sendable {
    typealias Handler = @Sendable (_ payload: Data, JobAttempt) async throws -> Void

    private struct State {
        var handlers: [String: Handler] = [:]
        var duplicates: Set<String> = []
    }

    private let state = Mutex(State())

    func add<Description: Job>(
        _ type: Description.Type,
        _ body: @escaping @Sendable (Description, JobAttempt) async throws -> Void
    ) {
        state.withLock { state in
            guard state.handlers[Description.kind] == nil else {
                state.duplicates.insert(Description.kind)
                return
            }
            let decoder = JSONDecoder()
            state.handlers[Description.kind] = { payload, attempt in
                let job: Description
                do { job = try decoder.decode(Description.self, from: payload) } catch {
                    // What the decoder says names fields, not their values.
                    throw JobError(
                        .invalidPayload,
                        "The data of job \(attempt.jobID) can't be read as \(Description.self)",
                        cause: error
                    )
                }
                try await body(job, attempt)
            }
        }
    }

    /// The handlers, if there is one for each kind.
    func checked() throws(JobError) -> [String: Handler] {
        let state = state.withLock { $0 }
        if let kind = state.duplicates.sorted().first {
            throw JobError(.duplicateHandler, "Two handlers are registered for jobs of kind \(kind); register one")
        }
        return state.handlers
    }
}
