// SPDX-License-Identifier: Apache-2.0

import Foundation
import MessageTracing
import StitchPostgres
import TelemetryData
import TraceContext

/// A job that this worker holds a lease for.
struct ClaimedJob: Sendable {
    /// Where a job stands in what was claimed: what is said about it names this, and has no effect without the lease.
    struct Place: Sendable, Hashable {
        /// The worker that claimed it, and its own count of its claims.
        var worker: Int64
        var claim: Int64
        /// The receipt, how many jobs are in it, and which of them this is, from 1.
        var receipt: Int64
        var size: Int
        var ordinal: Int
    }

    let target: MessageTarget
    let place: Place
    var attempt: JobAttempt
    var payload: [UInt8]
    var carrier: ContextCarrier
    var previousAttempt: SpanContext?
    var previousWorker: String?
    var reservedIDs: ReservedIDs?
    /// How old the job was when it was claimed, by the database's clock.
    var age: Duration
    var wait: MessageWait
    /// Whether somebody wants it stopped.
    var isCancelled: Bool
    /// Whether it has a key, or others wait for it: then it can't be completed along with others.
    var isSpecial: Bool

    init(
        _ row: PostgresRow,
        worker: Int64,
        claim: Int64,
        in queue: String,
        target: (_ kind: Int32) -> MessageTarget,
        kind: (Int32) -> String
    ) throws(PostgresError) {
        place = Place(
            worker: worker,
            claim: claim,
            receipt: try row.decode("no"),
            size: try row.decode("n"),
            ordinal: try row.decode("ord")
        )
        let kindID: Int32 = try row.decode("kind")
        self.target = target(kindID)
        let createdAt: Date = try row.decode("created_at")
        let claimedAt: Date = try row.decode("claimed_at")
        let waitingSince: Date = try row.decode("waiting_since")
        let runAt: Date? = try row.decode("run_at")
        attempt = JobAttempt(
            jobID: JobID(rawValue: try row.decode("id")),
            queue: queue,
            kind: kind(kindID),
            number: try row.decode("attempt"),
            maximumAttempts: try row.decode("max_attempts"),
            losses: try row.decode("losses"),
            createdAt: createdAt,
            scheduledAt: try row.decode("scheduled_at")
        )
        payload = try row.decode("payload")
        let flags: Int16 = try row.decode("flags")
        isSpecial = flags >= 256
        isCancelled = try row.decode("is_cancelled")
        carrier = try CarrierColumns(row, flags: flags).carrier
        previousAttempt = SpanContext(
            traceID: try row.decode("prev_trace", as: UUID?.self)?.bytes,
            spanID: try row.decode("prev_span", as: Int64?.self).map { SpanID(bits: UInt64(bitPattern: $0)).bytes },
            flags: try row.decode("prev_flags")
        )
        previousWorker = try row.decode("prev_worker")
        if let root: Int64 = try row.decode("root"), let span: [UInt8] = try row.decode("span"), span.count == 8 {
            reservedIDs = ReservedIDs(root: UInt64(bitPattern: root), spanID: SpanID(bytes: span))
        }
        age = .seconds(claimedAt.timeIntervalSince(createdAt))
        wait = MessageWait(
            for: MessageWait.cause(try row.decode("cause")),
            total: .seconds(claimedAt.timeIntervalSince(waitingSince)),
            untilDue: .seconds(max(runAt?.timeIntervalSince(waitingSince) ?? 0, 0))
        )
    }

    /// What tracing has to know.
    ///
    /// The database's times are moved to this machine's clock, the one that spans are timed by.
    func received(now: Timestamp) -> ReceivedMessage {
        var message = ReceivedMessage(
            carrier: carrier,
            id: attempt.jobID.description,
            created: now.advanced(by: .zero - age),
            wait: wait,
            previousAttempt: previousAttempt,
            attributes: [MessagingConventions.Attribute.jobAttempt: .int(Int64(attempt.number))]
        )
        message.previousWorker = previousWorker
        message.reservedIDs = reservedIDs
        return message
    }
}

extension MessageWait {
    /// Splits the wait of a job.
    ///
    /// - Parameters:
    ///   - cause: What the job waited for: `schedule`, `snooze`, `retry`, `shutdown`, `rescue` or `redrive`.
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

    /// What tickets call what a job waited for, from 1.
    static func cause(_ number: Int16) -> String {
        let names = ["schedule", "retry", "snooze", "shutdown", "rescue", "redrive"]
        return names.indices.contains(Int(number) - 1) ? names[Int(number) - 1] : "schedule"
    }
}
