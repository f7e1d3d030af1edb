// SPDX-License-Identifier: Apache-2.0

import StitchPostgres
import TracedJobs

/// `stitch jobs redrive`.
enum JobsRedriveCommand: Command {
    private static let defaultLimit = 1000
    private static let largestLimit = 1_000_000

    static let description = CommandDescription(
        name: "jobs redrive",
        summary: "revive dead jobs, the oldest first",
        text: "Makes dead jobs ready, the oldest first, with as many attempts as they had.",
        options: JobSource.options + [
            JobArguments.queue, JobArguments.kind,
            OptionDescription("limit", "N", "how many at most; \(defaultLimit) unless given"),
            OptionDescription("dry-run", nil, "only count them"),
        ],
        examples: [
            .init("stitch jobs redrive --dry-run", "what there is"),
            .init("stitch jobs redrive --queue mail --kind send_receipt --limit 10", "ten of them, to see how it goes"),
        ]
    )

    static func run(_ arguments: ParsedArguments, _ console: Console) async throws -> Int32 {
        let limit = try arguments.number("limit", in: 1...largestLimit) ?? defaultLimit
        let (queue, kind) = (arguments["queue"], arguments["kind"])
        return try await JobSource.withQueue(arguments, console) { jobs in
            try await JobNames.check([queue], of: .queue, in: jobs)
            try await JobNames.check([kind], of: .kind, in: jobs)
            if arguments.has("dry-run") {
                let dead = try await dead(queue, kind, jobs)
                for (name, count) in dead { try console.write("\(name.printable): \(counted(count))\n") }
                if dead.isEmpty { try console.write("no dead job\n") }
                return 0
            }
            let revived = try await jobs.redrive(queue: queue, kind: kind, limit: limit)
            try console.write(revived == 0 ? "no job revived\n" : "\(counted(revived)) revived\n")
            let left = try await dead(queue, kind, jobs).reduce(0) { $0 + $1.count }
            if left > 0 { try console.write("left: \(counted(left))\n") }
            return 0
        }
    }

    /// How many dead jobs there are, by queue and kind.
    private static func dead(
        _ queue: String?,
        _ kind: String?,
        _ jobs: JobQueue
    ) async throws -> [(name: String, count: Int)] {
        let sql = """
            SELECT q.name || '/' || k.name AS name, count(*) AS number
            FROM \(jobs.named("parked")) AS p JOIN \(jobs.named("queue")) AS q ON q.id = p.lane / 8
            JOIN \(jobs.named("kind")) AS k ON k.id = p.kind
            WHERE p.state = 3 AND q.name = coalesce($1::text, q.name) AND k.name = coalesce($2::text, k.name)
            GROUP BY q.name, k.name ORDER BY q.name, k.name
            """
        return try await jobs.database.query(sql, queue, kind)
            .map { row throws(PostgresError) in (try row.decode("name"), try row.decode("number")) }
    }

    private static func counted(_ count: Int) -> String { count == 1 ? "1 dead job" : "\(count.grouped) dead jobs" }
}
