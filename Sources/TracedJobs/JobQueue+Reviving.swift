// SPDX-License-Identifier: Apache-2.0

import Foundation
import MessageTracing
import StitchPostgres
import TelemetryAPI
import TraceContext

extension JobQueue {
    /// Asks for jobs to be revived, and tells of each that was in its trace.
    func revive(
        _ what: String,
        _ sql: String,
        _ values: any PostgresEncodable...
    ) async throws(JobError) -> String? {
        let told = "SELECT id, queue, kind, trace_id, span_id, flags FROM \(names["revived"])()"
        let (answer, revived): (String?, [RevivedJob])
        do {
            (answer, revived) = try await database.withTransaction { transaction in
                let rows =
                    switch values.count {
                    case 2: try await transaction.query(sql, values[0], values[1])
                    case 3: try await transaction.query(sql, values[0], values[1], values[2])
                    default: try await transaction.query(sql, values[0], values[1], values[2], values[3])
                    }
                let revived = try await transaction.query(told).map { row throws(PostgresError) in
                    try RevivedJob(row)
                }
                return (try rows.first?.decode("answer"), revived)
            }
        } catch {
            throw JobError(.databaseFailed, "\(what) failed", cause: error)
        }
        for job in revived { job.tell() }
        return answer
    }
}

/// A job that had ended, and is ready again because somebody wants it.
private struct RevivedJob: Sendable {
    let id: JobID
    let target: MessageTarget
    let attempt: SpanContext?

    init(_ row: PostgresRow) throws(PostgresError) {
        id = JobID(rawValue: try row.decode("id"))
        target = .jobs(queue: try row.decode("queue"), kind: try row.decode("kind"))
        attempt = SpanContext(
            trace: try row.decode("trace_id"),
            span: try row.decode("span_id"),
            flags: try row.decode("flags")
        )
    }

    func tell() { SettleSpan(target, messageID: id.description, attempt: attempt, reason: "redrive").end() }
}
