// SPDX-License-Identifier: Apache-2.0

import TracedJobs

/// `stitch jobs stats`.
enum JobsStatsCommand: Command {
    static let description = CommandDescription(
        name: "jobs stats",
        summary: "tell of each queue what waits, runs and is dead, and how long jobs wait",
        text: """
            Tells of each queue how many jobs are ready and since when, run, are put off, wait for a worker that knows
            their kind, and are dead; how many workers it has; and how long jobs that were claimed lately had been ready.
            """,
        options: JobSource.options + [
            OptionDescription("within", "TIME", "which waits count: 15m, 2h; 1h unless given"),
            OptionDescription("json", nil, "print a line of JSON a queue, for programs"),
        ],
        examples: [
            .init("stitch jobs stats --postgres postgres://shop@localhost/shop", "all queues"),
            .init("stitch jobs stats --within 5m --json", "the last minutes, for programs"),
        ]
    )

    static func run(_ arguments: ParsedArguments, _ console: Console) async throws -> Int32 {
        let within = try arguments.duration("within") ?? .seconds(3600)
        return try await JobSource.withQueue(arguments, console) { jobs in
            let queues = try await QueueRecord.all(within: within, in: jobs)
            if arguments.has("json") {
                for queue in queues { try console.write(JSONText.line(queue)) }
            } else if queues.isEmpty {
                console.tell("there is no queue: no job was enqueued yet")
            } else {
                try console.write(QueueRecord.table(queues).text(console))
            }
            return 0
        }
    }
}
