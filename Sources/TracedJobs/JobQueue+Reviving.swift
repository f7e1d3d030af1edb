// SPDX-License-Identifier: Apache-2.0

import StitchPostgres

extension JobQueue {
    /// Asks for jobs to be revived, and tells of each that was in its trace.
    func revive(
        _ what: String,
        _ sql: String,
        _ values: any PostgresEncodable...
    ) async throws(JobError) -> String? {
        let told = "SELECT id, queue, kind, trace_id, span_id, flags FROM \(names["revived"])()"
        let (answer, revived): (String?, [SettledJob])
        do {
            (answer, revived) = try await database.withTransaction { transaction in
                let rows =
                    switch values.count {
                    case 2: try await transaction.query(sql, values[0], values[1])
                    case 3: try await transaction.query(sql, values[0], values[1], values[2])
                    default: try await transaction.query(sql, values[0], values[1], values[2], values[3])
                    }
                let revived = try await transaction.query(told).map { row throws(PostgresError) in
                    try SettledJob(row)
                }
                return (try rows.first?.decode("answer"), revived)
            }
        } catch {
            throw JobError(.databaseFailed, "\(what) failed", cause: error)
        }
        for job in revived { job.tellOfRevival() }
        return answer
    }
}
