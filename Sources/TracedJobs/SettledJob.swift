// SPDX-License-Identifier: Apache-2.0

import MessageTracing
import StitchPostgres
import TelemetryAPI
import TraceContext

/// A job of which something was decided while no attempt was made.
struct SettledJob: Sendable {
    let id: JobID
    let queue: String
    let target: MessageTarget
    /// The last attempt; `nil` if there was none, or it left no span.
    let attempt: SpanContext?

    init(_ row: PostgresRow) throws(PostgresError) {
        id = JobID(rawValue: try row.decode("id"))
        queue = try row.decode("queue")
        target = .jobs(queue: queue, kind: try row.decode("kind"))
        attempt = SpanContext(
            trace: try row.decode("trace_id"),
            span: try row.decode("span_id"),
            flags: try row.decode("flags")
        )
    }

    init(_ job: ClaimedJob) {
        id = job.attempt.jobID
        queue = job.attempt.queue
        target = job.target
        attempt = job.previousAttempt
    }

    /// It is ready again, because somebody wants it.
    func tellOfRevival() { tell("redrive") }

    /// It is dead, because no worker knew its kind in time.
    func tellOfUnknownKind() {
        tell("dead")
        JobMetrics.diedUnknown(in: queue)
    }

    private func tell(_ reason: String) {
        SettleSpan(target, messageID: id.description, attempt: attempt, reason: reason).end()
    }
}
