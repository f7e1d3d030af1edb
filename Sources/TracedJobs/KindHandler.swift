// SPDX-License-Identifier: Apache-2.0

import Foundation
import MessageTracing

/// What carries out the jobs of one kind, and how.
struct KindHandler: Sendable {
    typealias Body = @Sendable (_ payload: Data, JobAttempt) async throws -> Void

    /// How jobs of a kind are carried out; what is `nil` is as the worker does it.
    struct Options: Sendable {
        var retry: RetryPolicy?
        var continuation: ContinuationPolicy?
        var timeLimit: Duration?

        func validate(for kind: String) throws(JobError) {
            guard !kind.isEmpty, !kind.utf8.contains(0) else {
                throw JobError(.invalidConfiguration, "The kind \"\(kind)\" can't be used; it needs a name without NUL")
            }
            guard timeLimit.map({ $0 > .zero }) ?? true else {
                throw JobError(.invalidConfiguration, "The timeLimit of kind \(kind) must be longer than zero, or nil")
            }
            try retry?.validate()
            try continuation?.validate()
        }
    }

    let retry: RetryPolicy
    let continuation: ContinuationPolicy
    let timeLimit: Duration?
    private let body: Body

    init(_ body: @escaping Body, _ options: Options, of configuration: JobWorkerConfiguration) {
        self.body = body
        retry = options.retry ?? configuration.retry
        continuation = options.continuation ?? configuration.continuation
        timeLimit = options.timeLimit ?? configuration.attemptLimit
    }

    func callAsFunction(_ payload: Data, _ attempt: JobAttempt) async throws { try await body(payload, attempt) }

    /// Reads the job's data before it calls what carries out the job.
    static func reading<Description: Job>(
        _ body: @escaping @Sendable (Description, JobAttempt) async throws -> Void
    ) -> Body {
        let decoder = JSONDecoder()
        return { payload, attempt in
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
