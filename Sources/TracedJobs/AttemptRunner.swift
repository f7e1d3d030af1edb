// SPDX-License-Identifier: Apache-2.0

import MessageTracing
import StitchPostgres
import StitchService
import Synchronization
import TelemetryAPI

/// Makes one attempt after the other, each in a span, and says what became of it.
struct AttemptRunner: Sendable {
    let store: JobStore
    let configuration: JobWorkerConfiguration
    let handlers: [String: JobHandlers.Handler]
    let running: RunningAttempts
    let tally: JobTally

    func run(_ job: ClaimedJob) async {
        let span = ProcessSpan(of: job.received(now: .now), from: job.target, policy: configuration.continuation)
        let verdict = await makeAttempt(job, in: span)
        await settle(job, verdict, attempt: span.span.context)
    }

    private func makeAttempt(_ job: ClaimedJob, in span: ProcessSpan) async -> AttemptVerdict {
        // A task of its own, so that the worker can stop one attempt; it is awaited at once.
        let handler = handlers[job.attempt.kind]
        var verdict = AttemptVerdict.succeeded
        do {
            try await span.run { _ in
                verdict.isError ? .failed(errorType: nil) : .interrupted
            } _: { () async throws -> Void in
                let task = Task { try await handler?(job.payload, job.attempt) ?? () }
                running.add(job, task)
                do {
                    try await withTaskCancellationHandler {
                        try await task.value
                    } onCancel: {
                        running.stop { $0 == job.lease }
                    }
                } catch {
                    verdict = AttemptVerdict(
                        of: error,
                        attempt: job.attempt,
                        wasStopped: running.remove(job),
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

    private func settle(_ job: ClaimedJob, _ verdict: AttemptVerdict, attempt: SpanContext) async {
        let span = verdict.settlement.map {
            SettleSpan(job.target, messageID: job.attempt.jobID.description, attempt: attempt, reason: $0)
        }
        do {
            let isHeld = try await store.settle(job, verdict, span: attempt, worker: configuration.name)
            tally.count(isHeld ? verdict : nil)
            if !isHeld {
                Diagnostics.log(
                    .warning,
                    "The lease of job \(job.attempt.jobID) had expired before its attempt ended; nothing was changed"
                )
            }
            span?.end()
        } catch {
            // The lease will expire, and the job will be tried again: delivery is at least once.
            Diagnostics.log(.error, "Job \(job.attempt.jobID) could not be completed: \(error)")
            span?.fail(error, type: error.code.description)
        }
    }
}

/// What a worker has done, counted by all of its attempts.
final class JobTally: Sendable {
    private struct State {
        var counts = JobCounts()
        var lastProgress: ContinuousClock.Instant?
        var blocker: String?
    }

    private let state = Mutex(State())

    var counts: JobCounts { state.withLock { $0.counts } }

    var health: ServiceHealth {
        state.withLock { ServiceHealth(lastProgress: $0.lastProgress, blocker: $0.blocker) }
    }

    func block(_ reason: String?) { state.withLock { $0.blocker = reason } }

    func countRescued(_ number: Int) { state.withLock { $0.counts.rescued += number } }

    /// Counts an attempt that ended; `nil` for one whose end came too late.
    func count(_ verdict: AttemptVerdict?) {
        state.withLock { state in
            state.lastProgress = .now
            switch verdict?.outcome {
            case nil: state.counts.stale += 1
            case "succeeded": state.counts.succeeded += 1
            case "failed": state.counts.failed += 1
            case "returned": state.counts.returned += 1
            default: state.counts.steered += 1
            }
        }
    }
}
