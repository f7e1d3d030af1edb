// SPDX-License-Identifier: Apache-2.0

import Dispatch
import MessageTracing
import TelemetryAPI

/// Makes one attempt after the other, each in a span, and hands over what became of it.
struct AttemptRunner: Sendable {
    let handlers: [String: KindHandler]
    let running: RunningAttempts
    let completions: Completions
    let identity: WorkerIdentity

    func run(_ job: ClaimedJob) async {
        // A worker that was given up has lost what it had not begun, too.
        guard identity.current?.worker == job.place.worker else {
            return completions.add(EndedAttempt(job, .unstarted, span: nil))
        }
        guard let handler = handlers[job.attempt.kind] else {
            return completions.add(EndedAttempt(job, .left, span: nil))
        }
        guard !job.isCancelled else {
            return completions.add(EndedAttempt(job, .cancelledUnstarted, span: nil))
        }
        let span = ProcessSpan(of: job.received(now: .now), from: job.target, policy: handler.continuation)
        JobMetrics.began(job, in: span.span.context)
        let verdict = await makeAttempt(job, handler, in: span)
        JobMetrics.ended(job, verdict, in: span.span.context)
        completions.add(EndedAttempt(job, verdict, span: span.span.context))
    }

    private func makeAttempt(
        _ job: ClaimedJob,
        _ handler: KindHandler,
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
                let alarm = setAlarm(for: job, handler.timeLimit)
                defer { alarm?.cancel() }
                do {
                    try await withTaskCancellationHandler {
                        try await task.value
                    } onCancel: {
                        running.stop { $0 == job.place }
                    }
                } catch {
                    let stop = running.remove(job)
                    verdict = AttemptVerdict(
                        of: stop == .timedOut ? timeOut(of: job, handler.timeLimit, error) : error,
                        attempt: job.attempt,
                        wasStopped: stop == .shutdown,
                        isCancelled: stop == .cancelled,
                        policy: handler.retry,
                        chance: .random(in: 0...1)
                    )
                    throw stop == .timedOut ? timeOut(of: job, handler.timeLimit, error) : error
                }
            }
        } catch {
            return verdict
        }
        _ = running.remove(job)
        return verdict
    }

    private func setAlarm(for job: ClaimedJob, _ limit: Duration?) -> DispatchWorkItem? {
        guard let limit else { return nil }
        let alarm = DispatchWorkItem { [running] in running.timeOut(job.place) }
        let milliseconds = Int((min(limit.inSeconds, 365 * 86_400) * 1000).rounded(.up))
        DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(milliseconds), execute: alarm)
        return alarm
    }

    /// What an attempt failed with that was stopped because of its time, unless its handler says something else.
    private func timeOut(of job: ClaimedJob, _ limit: Duration?, _ error: any Error) -> any Error {
        guard error is CancellationError, let limit else { return error }
        return JobError(
            .attemptTimedOut,
            "Attempt \(job.attempt.number) at job \(job.attempt.jobID) took longer than \(limit); do less at once, or raise "
                + "the worker's attemptLimit, or the timeLimit of kind \(job.attempt.kind)"
        )
    }
}
