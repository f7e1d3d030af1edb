// SPDX-License-Identifier: Apache-2.0

import Foundation
import PostgresTesting
import Stitch
import TracedJobs

/// Enqueues the calls of a request as a job, and makes them where the job is worked.
func serveThroughJobs(_ options: ServiceOptions, _ telemetry: Telemetry) async throws {
    // Of its own, so that the answers to all jobs are waited for in this process.
    let queue = "trace-context-service-\(UUID().uuidString.lowercased())"
    let replies = Replies()

    let postgres = options.postgres == nil ? try await TemporaryPostgres() : nil
    let database = try PostgresPool(options.postgres ?? postgres?.url ?? "")
    let jobs = try JobQueue(database, schema: "trace_context_service")
    try await jobs.migrate()

    let worker = try JobWorker(jobs, queues: [queue: Slots.count])
        .handle(MakeCalls.self) { work, _ in replies.give(try await makeCalls(work.calls), to: work.request) }
    let make: CallMaking = { calls, _ in
        try await replies.outcome { request in
            try await jobs.enqueue(MakeCalls(request: request, calls: calls), queue: queue)
        }
    }
    let server = try Entry(make).listen(options.port)
    try await runUntilSignal(telemetry, database, worker, server, Announcement(server, make))

    await postgres?.stop()
}
