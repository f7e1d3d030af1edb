// SPDX-License-Identifier: Apache-2.0

import Foundation
import StitchPostgres

/// Jobs of one kind on their way into the database, all with the same options, which were checked.
struct NewJobs<Description: Job> {
    let jobs: [Description]
    let queue: String
    let delay: Duration
    let priority: JobPriority
    let maximumAttempts: Int

    private let encoder = JSONEncoder()

    init(_ jobs: [Description], queue: String, delay: Duration, priority: JobPriority, maximumAttempts: Int) {
        self.jobs = jobs
        self.queue = queue
        self.delay = delay
        self.priority = priority
        self.maximumAttempts = maximumAttempts
    }

    var kind: String { Description.kind }

    /// Each job by itself.
    ///
    /// - Throws: ``JobError/Code/invalidPayload``.
    var rows: [NewJob] {
        get throws(JobError) {
            var rows: [NewJob] = []
            for job in jobs { rows.append(try NewJob(job, queue, delay, maximumAttempts, priority: priority)) }
            return rows
        }
    }

    /// The data of a job, encoded when it is its turn.
    func payload(_ index: Int) throws(PostgresError) -> Data {
        do { return try encoder.encode(jobs[index]) } catch {
            throw PostgresError(
                .invalidParameter,
                "The data of \(Description.kind) job \(index) can't be written as JSON",
                cause: error
            )
        }
    }
}
