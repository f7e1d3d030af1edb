// SPDX-License-Identifier: Apache-2.0

import MessageTracing
import StitchPostgres
import TelemetryData
import TraceContext

/// A job that this worker holds a lease for.
struct ClaimedJob: Sendable {
    let target: MessageTarget
    var attempt: JobAttempt
    var payload: String
    /// Without it nothing that the worker says about the job has an effect.
    var lease: Int64
    var carrier: ContextCarrier
    var previousAttempt: SpanContext?
    /// How long ago, by the database's clock, the job was enqueued.
    var age: Duration
    var wait: MessageWait

    init(_ row: PostgresRow) throws(PostgresError) {
        attempt = JobAttempt(
            jobID: JobID(rawValue: try row.decode("id")),
            queue: try row.decode("queue"),
            kind: try row.decode("kind"),
            number: try row.decode("attempt", as: Int.self) + 1,
            maximumAttempts: try row.decode("maximum_attempts"),
            losses: try row.decode("losses"),
            createdAt: try row.decode("created_at"),
            scheduledAt: try row.decode("scheduled_at")
        )
        target = .jobs(queue: attempt.queue, kind: attempt.kind)
        payload = try row.decode("payload")
        lease = try row.decode("lease")
        carrier = try CarrierColumns(row).carrier
        previousAttempt = SpanContext(
            traceID: try row.decode("last_trace_id"),
            spanID: try row.decode("last_span_id"),
            flags: try row.decode("last_trace_flags")
        )
        age = .seconds(try row.decode("age", as: Double.self))
        wait = MessageWait(
            for: try row.decode("waiting_for"),
            total: .seconds(try row.decode("wait_total", as: Double.self)),
            untilDue: .seconds(try row.decode("wait_until_due", as: Double.self))
        )
    }

    /// What tracing has to know.
    ///
    /// The database's times are moved to this machine's clock, the one that spans are timed by.
    func received(now: Timestamp) -> ReceivedMessage {
        ReceivedMessage(
            carrier: carrier,
            id: attempt.jobID.description,
            created: now.advanced(by: .zero - age),
            wait: wait,
            previousAttempt: previousAttempt,
            attributes: [MessagingConventions.Attribute.jobAttempt: .int(Int64(attempt.number))]
        )
    }
}

extension MessageWait {
    /// Splits the wait of a job.
    ///
    /// - Parameters:
    ///   - cause: What the job waited for: `schedule`, `snooze`, `retry`, `shutdown` or `rescue`.
    ///   - total: The whole wait.
    ///   - untilDue: How much of it was until the job was due.
    init(for cause: String, total: Duration, untilDue: Duration) {
        let ready = total - untilDue
        switch cause {
        case "retry": self.init(total: total, ready: ready, backoff: untilDue)
        case "schedule", "snooze": self.init(total: total, scheduled: untilDue, ready: ready)
        default: self.init(total: total, ready: total)
        }
    }
}
