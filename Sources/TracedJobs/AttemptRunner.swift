// SPDX-License-Identifier: Apache-2.0

import MessageTracing
import TelemetryAPI

/// Makes one attempt after the other, each in a span, and hands over what became of it.
struct AttemptRunner: Sendable {
    let configuration: JobWorkerConfiguration
    let handlers: [String: JobHandlers.Handler]
    let running: RunningAttempts
    let completions: Completions

    func run(_ job: ClaimedJob) async {
        guard let handler = handlers[job.attempt.kind] else {
            return completions.add(EndedAttempt(job, .left, span: nil))
        }
        guard !job.isCancelled else {
            return completions.add(EndedAttempt(job, .cancelledUnstarted, span: nil))
        }
        let span = ProcessSpan(of: job.received(now: .now), from: job.target, policy: configuration.continuation)
        let verdict = await makeAttempt(job, handler, in: span)
        completions.add(EndedAttempt(job, verdict, span: span.span.context))
    }

    private func makeAttempt(
        _ job: ClaimedJob,
        _ handler: @escaping JobHandlers.Handler,
        in span: ProcessSpan
    ) async -> AttemptVerdict {
        // A task of its own, so that the worker can stop one attempt; it is awaited at once.
        var verdict = AttemptVerdict.succeeded
        do {
            try await span.run { _ in
                verdict.isError ? .failed(errorType: nil) : .interrupted
            } _: { () async throws -> Void in
                let task = Task { try await handler(job.payload, job.attempt) }
                running.add(job, task)
                do {
                    try await withTaskCancellationHandler {
                        try await task.value
                    } onCancel: {
                        running.stop { $0 == job.place }
                    }
                } catch {
                    let stop = running.remove(job)
                    verdict = AttemptVerdict(
                        of: error,
                        attempt: job.attempt,
                        wasStopped: stop != nil,
                        isCancelled: stop == .cancelled,
                        policy: configuration.retry,
                        chance: .random(in: 0...1)
                    )
                    throw error
                }
            }
        } catch {
            return verdict
        }
        _ = running.remove(job)
        return verdict
    }
}
