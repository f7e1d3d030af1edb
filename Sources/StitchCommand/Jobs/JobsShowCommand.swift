// SPDX-License-Identifier: Apache-2.0

import StitchPostgres
import TracedJobs

/// `stitch jobs show`.
enum JobsShowCommand: Command {
    static let description = CommandDescription(
        name: "jobs show",
        summary: "show one job with its data, its attempts and their traces",
        arguments: "JOB",
        argumentCount: 1...1,
        text: """
            Shows one job: what it is, its data, the trace that created it, and each attempt with its trace and its span.
            `stitch show TRACE` shows the flow that a trace belongs to.
            """,
        options: JobSource.options + [JobArguments.json],
        examples: [.init("stitch jobs show 7 --postgres postgres://shop@localhost/shop", "all about job 7")]
    )

    static func run(_ arguments: ParsedArguments, _ console: Console) async throws -> Int32 {
        let id = try JobArguments.ids(arguments)[0]
        return try await JobSource.withQueue(arguments, console) { jobs in
            let sql = """
                SELECT \(JobRecord.columns), encode(trace_id, 'hex') AS trace_id, encode(span_id, 'hex') AS span_id,
                    \(jobs.named("now"))() AS now, payload::text AS payload
                FROM \(jobs.named("jobs")) WHERE id = $1
                """
            guard let row = try await jobs.database.query(sql, id).first else {
                throw CommandError.failure("there is no job \(id) in schema \(jobs.schema); it may have been forgotten")
            }
            let job = try JobRecord(row)
            let payload: String? = try row.decode("payload")
            let attempts = try await AttemptRecord.all(of: id, in: jobs)
            if arguments.has("json") {
                try console.write(JSONText.page(JobDocument(job, payload: payload, attempts: attempts)))
            } else {
                try show(job, payload, attempts, console)
            }
            return 0
        }
    }

    private static func show(
        _ job: JobRecord,
        _ payload: String?,
        _ attempts: [AttemptRecord],
        _ console: Console
    ) throws {
        let width = console.terminal.width
        let title = "job \(job.id): \(job.kind) in queue \(job.queue), \(job.state)"
        for line in title.wrapped(to: width) { try console.write(console.paint(line, .bold) + "\n") }
        let losses = job.losses > 0 ? ", lost with \(job.losses) workers" : ""
        var lines = [
            "enqueued \(job.createdAt.localText), \(job.age.text) ago, priority \(job.priority), "
                + "tried \(job.attempt) of \(job.maximumAttempts) times\(losses)"
        ]
        if !job.detail.isEmpty { lines.append(job.detail) }
        if let trace = job.traceID, let span = job.spanID { lines.append("created in trace \(trace) by span \(span)") }
        lines.append("data \(payload ?? "that is no JSON")")
        for line in lines.flatMap({ $0.wrapped(to: width) }) { try console.write("\(line)\n") }
        try console.write("\n")
        try console.write(attempts.isEmpty ? "no attempt yet\n" : AttemptRecord.table(attempts).text(console))
    }
}
