// SPDX-License-Identifier: Apache-2.0

import Foundation
import MessageTracing
import StitchPostgres
import TelemetryAPI
import TelemetryData
import TraceContext

/// A job that this worker holds a lease for.
///
/// A class, since it goes from hand to hand and is large.
final class ClaimedJob: Sendable {
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

    /// What a claim of one queue was made with.
    struct Claim: Sendable {
        var worker: Int64
        var number: Int64
        var queue: String
        /// What the worker knows of each kind.
        var kinds: [Int32: Registration.Kind]
    }

    let target: MessageTarget
    let place: Place
    let attempt: JobAttempt
    let payload: Data
    let carrier: CarrierColumns
    let previousAttempt: SpanContext?
    let previousWorker: String?
    let reservedIDs: ReservedIDs?
    /// How old the job was when it was claimed, by the database's clock.
    let age: Duration
    let wait: MessageWait
    /// Whether somebody wants it stopped.
    let isCancelled: Bool
    /// Whether it has a key, or others wait for it: then it can't be completed along with others.
    let isSpecial: Bool

    /// Reads a row of ``FetchedColumn``'s columns.
    init(_ row: borrowing PostgresRowReader, of claim: Claim) throws(PostgresError) {
        typealias Column = FetchedColumn
        place = Place(
            worker: claim.worker,
            claim: claim.number,
            receipt: try row.decode(Column.no),
            size: try row.decode(Column.n),
            ordinal: try row.decode(Column.ord)
        )
        let kind = claim.kinds[try row.decode(Column.kind)] ?? .unknown(in: claim.queue)
        target = kind.target
        let created: PostgresInstant = try row.decode(Column.createdAt)
        let claimed: PostgresInstant = try row.decode(Column.claimedAt)
        let waiting: PostgresInstant = try row.decode(Column.waitingSince)
        let due: PostgresInstant? = try row.decode(Column.runAt)
        let scheduled: PostgresInstant = try row.decode(Column.scheduledAt)
        attempt = JobAttempt(
            jobID: JobID(rawValue: try row.decode(Column.id)),
            queue: claim.queue,
            kind: kind.name,
            number: try row.decode(Column.attempt),
            maximumAttempts: try row.decode(Column.maximumAttempts),
            losses: try row.decode(Column.losses),
            createdAt: created.date,
            scheduledAt: scheduled.date
        )
        payload = try row.decode(Column.payload)
        let flags: Int16 = try row.decode(Column.flags)
        isSpecial = flags >= 256
        isCancelled = try row.decode(Column.isCancelled)
        carrier = CarrierColumns(
            trace: try row.decode(Column.traceID),
            span: try row.decode(Column.spanID),
            flags: flags & 255,
            state: try row.decode(Column.state),
            baggage: try row.decode(Column.baggage),
            others: try row.decode(Column.carrier)
        )
        previousAttempt = SpanContext(
            trace: try row.decode(Column.previousTrace),
            span: try row.decode(Column.previousSpan),
            flags: try row.decode(Column.previousFlags)
        )
        previousWorker = try row.decode(Column.previousWorker)
        if let root: Int64 = try row.decode(Column.root), let span: ReservedSpan = try row.decode(Column.span) {
            reservedIDs = ReservedIDs(root: UInt64(bitPattern: root), spanID: span.id)
        } else {
            reservedIDs = nil
        }
        age = .microseconds(claimed.microseconds &- created.microseconds)
        wait = MessageWait(
            for: MessageWait.cause(try row.decode(Column.cause)),
            total: .microseconds(claimed.microseconds &- waiting.microseconds),
            untilDue: .microseconds(due.map { max($0.microseconds &- waiting.microseconds, 0) } ?? 0)
        )
    }

    /// Starts the span of the attempt.
    func startSpan(policy: ContinuationPolicy) -> ProcessSpan {
        if let plain = plainMessage(now: .now),
            let span = ProcessSpan(of: plain, from: target, policy: policy, key: nil)
        {
            return span
        }
        return ProcessSpan(of: received(now: .now), from: target, policy: policy)
    }

    /// What tracing has to know of a job that is attempted for the first time, as soon as it could be.
    private func plainMessage(now: Timestamp) -> ProcessSpan.PlainMessage? {
        guard previousAttempt == nil, previousWorker == nil, wait.scheduled == nil, wait.backoff == nil,
            let ready = wait.ready, wait.total >= .zero, ready >= .zero, let plain = carrier.plainCarrier
        else { return nil }
        var message = ProcessSpan.PlainMessage(
            plain,
            created: now.advanced(by: .zero - age),
            MessageDetails(attempt: Int64(attempt.number)),
            .first
        )
        message.wait = wait
        message.reservedID = reservedIDs?.spanID
        message.receipt.waitNanoseconds = wait.total.wholeNanoseconds
        message.receipt.readyNanoseconds = ready.wholeNanoseconds
        message.receipt.messageNumber = attempt.jobID.rawValue
        return message
    }

    /// What tracing has to know.
    ///
    /// The database's times are moved to this machine's clock, the one that spans are timed by.
    func received(now: Timestamp) -> ReceivedMessage {
        var message = ReceivedMessage(
            carrier: carrier.carrier,
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
        case "schedule", "snooze": self.init(total: total, scheduled: untilDue > .zero ? untilDue : nil, ready: ready)
        default: self.init(total: total, ready: total)
        }
    }

    /// What tickets call what a job waited for, from 1.
    static func cause(_ number: Int16) -> String {
        let names = ["schedule", "retry", "snooze", "shutdown", "rescue", "redrive"]
        return names.indices.contains(Int(number) - 1) ? names[Int(number) - 1] : "schedule"
    }
}

/// A span's id as a receipt holds it: eight bytes, the most significant first.
private struct ReservedSpan: PostgresDecodable {
    let id: SpanID

    init(reading cell: borrowing PostgresCellReader) throws(PostgresError) {
        id = cell.withBytes { bytes in
            SpanID(bits: bytes?.prefix(8).reduce(0) { $0 << 8 | UInt64($1) } ?? 0)
        }
    }

    init(_ cell: PostgresCell) throws(PostgresError) {
        id = SpanID(bits: cell.bytes?.prefix(8).reduce(0) { $0 << 8 | UInt64($1) } ?? 0)
    }
}
