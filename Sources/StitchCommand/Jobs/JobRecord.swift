// SPDX-License-Identifier: Apache-2.0

import StitchPostgres
import TelemetryData

/// A job as commands show it.
struct JobRecord: Sendable {
    /// What the columns of a job are called, in the view and in the list alike.
    static let columns = """
        id, queue, kind, priority::integer, state, reason, attempt::integer, maximum_attempts::integer, losses::integer,
        created_at, run_at, claimed_at, finished_at, worker
        """

    let id: Int64
    let queue: String
    let kind: String
    let priority: Int
    let state: String
    let reason: String?
    let attempt: Int
    let maximumAttempts: Int
    let losses: Int
    let createdAt: PostgresInstant
    let runAt: PostgresInstant
    let claimedAt: PostgresInstant?
    let finishedAt: PostgresInstant?
    let worker: String?
    let traceID: String?
    let spanID: String?
    /// What time it is for the database.
    let now: PostgresInstant

    init(_ row: PostgresRow) throws(PostgresError) {
        id = try row.decode("id")
        queue = try row.decode("queue")
        kind = try row.decode("kind")
        priority = try row.decode("priority")
        state = try row.decode("state")
        reason = try row.decode("reason")
        attempt = try row.decode("attempt")
        maximumAttempts = try row.decode("maximum_attempts")
        losses = try row.decode("losses")
        createdAt = try row.decode("created_at")
        runAt = try row.decode("run_at")
        claimedAt = try row.decode("claimed_at")
        finishedAt = try row.decode("finished_at")
        worker = try row.decode("worker")
        traceID = try row.decode("trace_id")
        spanID = try row.decode("span_id")
        now = try row.decode("now")
    }

    /// How old it is.
    var age: Duration { now.duration(since: createdAt) }

    /// What is worth saying beside its state.
    var detail: String {
        switch state {
        case "running": "for \((claimedAt.map { now.duration(since: $0) } ?? .zero).text) by \(worker ?? "?")"
        case "ready" where runAt > now: "due in \(runAt.duration(since: now).text)" + (reason.map { ": \($0)" } ?? "")
        default: reason ?? ""
        }
    }
}

extension PostgresInstant {
    /// How long after another one it is.
    func duration(since other: PostgresInstant) -> Duration {
        let (difference, overflows) = microseconds.subtractingReportingOverflow(other.microseconds)
        return overflows ? .zero : .microseconds(difference)
    }

    /// Nanoseconds since 1970 in digits, as programs get times.
    var nanosecondText: String? { nanosecondsSince1970.map { String($0) } }

    /// Day and time where the user is.
    var localText: String { nanosecondsSince1970.map { Timestamp(nanoseconds: $0).localText } ?? "?" }
}
