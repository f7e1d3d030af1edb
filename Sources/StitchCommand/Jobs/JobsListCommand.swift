// SPDX-License-Identifier: Apache-2.0

import StitchPostgres
import TracedJobs

/// `stitch jobs list`.
enum JobsListCommand: Command {
    private static let defaultLimit = 50
    private static let largestLimit = 10_000
    private static let states = ["ready", "running", "succeeded", "cancelled", "discarded", "dead"]

    static let description = CommandDescription(
        name: "jobs list",
        summary: "list jobs, those first that something happened to last",
        text: """
            Lists jobs, those first that something happened to last. Without --state it looks at what is set aside and at
            the newest tickets of each queue; with it, at where jobs of that state are.
            """,
        options: JobSource.options + [
            OptionDescription("state", "STATE", states.joined(separator: ", "), value: .words(states)),
            JobArguments.queue, JobArguments.kind,
            OptionDescription("limit", "N", "how many; \(defaultLimit) unless given"),
            OptionDescription("json", nil, "print a line of JSON a job, for programs"),
        ],
        examples: [
            .init("stitch jobs list --postgres postgres://shop@localhost/shop --state dead", "what was given up"),
            .init("stitch jobs list --state running --queue mail --json", "what a queue is at, for programs"),
        ]
    )

    static func run(_ arguments: ParsedArguments, _ console: Console) async throws -> Int32 {
        let limit = try arguments.number("limit", in: 1...largestLimit) ?? defaultLimit
        let state = arguments["state"]
        if let state, !states.contains(state) {
            throw CommandError.usage("--state is one of \(states.joined(separator: ", ")), not '\(state)'")
        }
        return try await JobSource.withQueue(arguments, console) { jobs in
            try await JobNames.check([arguments["queue"]], of: .queue, in: jobs)
            try await JobNames.check([arguments["kind"]], of: .kind, in: jobs)
            let sql = """
                SELECT \(JobRecord.columns), trace_id, span_id, \(jobs.named("now"))() AS now
                FROM \(jobs.named("list_jobs"))($1::text, $2::text, $3::text, $4::integer)
                """
            let found = try await jobs.database.query(sql, state, arguments["queue"], arguments["kind"], limit)
                .map { row throws(PostgresError) in try JobRecord(row) }
            if arguments.has("json") {
                for job in found { try console.write(JSONText.line(JobDocument(job))) }
                return 0
            }
            if found.isEmpty {
                console.tell("there is no such job")
            } else {
                try console.write(table(found).text(console))
            }
            if found.count == limit { console.tell("there may be more: raise --limit, or narrow the list") }
            return 0
        }
    }

    private static func table(_ jobs: [JobRecord]) -> TextTable {
        TextTable(
            columns: [
                .init("JOB", isNumber: true), .init("STATE"), .init("QUEUE"), .init("KIND"),
                .init("TRIED", isNumber: true), .init("AGE", isNumber: true), .init("TRACE", isOptional: true),
                .init("DETAIL", isOptional: true, longest: 200),
            ],
            rows: jobs.map { job in
                [
                    "\(job.id)", job.state, job.queue, job.kind, "\(job.attempt)/\(job.maximumAttempts)", job.age.text,
                    job.traceID.map { String($0.prefix(8)) } ?? "–", job.detail,
                ]
            }
        )
    }
}
