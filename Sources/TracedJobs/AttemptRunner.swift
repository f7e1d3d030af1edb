// SPDX-License-Identifier: Apache-2.0

import Dispatch
import MessageTracing
import TelemetryAPI
import TelemetryData

/// Makes one attempt after the other, each in a span, and hands over what became of it.
struct AttemptRunner: Sendable {
    let handlers: [String: KindHandler]
    let running: RunningAttempts
    let completions: Completions
    let identity: WorkerIdentity

    /// How many attempts are made one after the other before other tasks have their turn.
    private static let turn = 16

    /// Works off a queue's jobs, one after the other, until there will be none any more.
    func workOff(_ buffer: JobBuffer<ClaimedJob>) async {
        await running.withPlace { place in
            // An attempt that is told to stop takes its task with it.
            while await withTaskGroup(
                of: Bool.self,
                body: { group in
                    group.addTask { await work(on: buffer, at: place) }
                    return await group.next() ?? false
                }
            ) {}
        }
    }

    /// Works in one task until that is cancelled; returns whether there is more to do.
    private func work(on buffer: JobBuffer<ClaimedJob>, at place: AttemptPlace) async -> Bool {
        var count = 0
        while let job = await buffer.next() {
            await run(job, at: place)
            if Task.isCancelled { return !running.hasStopped }
            count += 1
            // Handlers that wait for nothing would keep everybody else from the thread.
            if count.isMultiple(of: Self.turn) { await Task.yield() }
        }
        return false
    }

    /// Makes an attempt at one job.
    func run(_ job: ClaimedJob, at place: AttemptPlace) async {
        guard let handler = handlers[job.attempt.kind] else {
            return completions.add(EndedAttempt(job, .left, span: nil))
        }
        guard !job.isCancelled else {
            return completions.add(EndedAttempt(job, .cancelledUnstarted, span: nil))
        }
        await place.run(job) {
            // As long as it has its place, so that it is either there or handed over.
            let ended = await makeAttempt(job, handler, at: place)
            if running.hasStopped { completions.addStopped(ended) } else { completions.add(ended) }
        }
    }

    private func makeAttempt(_ job: ClaimedJob, _ handler: KindHandler, at place: AttemptPlace) async -> EndedAttempt {
        // A worker that was given up has lost what it had not begun, too.
        guard identity.current?.worker == job.place.worker, !Task.isCancelled else {
            return EndedAttempt(job, .unstarted, span: nil)
        }
        switch running.start(of: job.attempt.jobID) {
        case .staysUnstarted: return EndedAttempt(job, .unstarted, span: nil)
        case .isCancelled: return EndedAttempt(job, .cancelledUnstarted, span: nil)
        case .begins: break
        }
        let span = job.startSpan(policy: handler.continuation)
        let context = span.span.context
        JobMetrics.began(job, in: context)
        let (verdict, time) = await carryOut(job, handler, in: span, at: place)
        JobMetrics.ended(job, verdict, in: context)
        return EndedAttempt(
            job,
            verdict,
            span: .init(span, context, endedAt: time),
            isOrderedToStop: running.takeOrder(for: job.attempt.jobID) || place.stopped == .cancelled
        )
    }

    private func carryOut(
        _ job: ClaimedJob,
        _ handler: KindHandler,
        in span: ProcessSpan,
        at place: AttemptPlace
    ) async -> (AttemptVerdict, endedAt: Timestamp) {
        let alarm = setAlarm(for: job, handler.timeLimit, at: place)
        defer { alarm?.cancel() }
        do {
            try await span.runOpen { () async throws -> Void in try await handler(job.payload, job.attempt) }
            return (.succeeded, span.workEnded(with: nil))
        } catch {
            let stop = place.stopped
            let error = stop == .timedOut ? timeOut(of: job, handler.timeLimit, error) : error
            let verdict = AttemptVerdict(
                of: error,
                attempt: job.attempt,
                wasStopped: stop == .shutdown,
                isCancelled: stop == .cancelled,
                policy: handler.retry,
                chance: .random(in: 0...1)
            )
            return (verdict, span.workEnded(with: verdict.isError ? error : nil))
        }
    }

    private func setAlarm(for job: ClaimedJob, _ limit: Duration?, at place: AttemptPlace) -> DispatchWorkItem? {
        guard let limit else { return nil }
        let claimed = job.place
        let alarm = DispatchWorkItem { place.stop(.timedOut) { running, _ in running == claimed } }
        DispatchQueue.global().asyncAfter(deadline: .now() + .upTo(limit), execute: alarm)
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
