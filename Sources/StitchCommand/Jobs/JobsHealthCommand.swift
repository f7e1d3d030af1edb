// SPDX-License-Identifier: Apache-2.0

import TracedJobs

/// `stitch jobs health`.
enum JobsHealthCommand: Command {
    static let description = CommandDescription(
        name: "jobs health",
        summary: "tell what holds the queues up; its exit status is for monitoring",
        text: """
            Tells what holds the queues up, the worst first: no worker, a claim that does not end, an open transaction
            with the pid of its backend, a lost worker, transactions that the schema's owner may not see, a paused queue,
            an unknown kind, overdue jobs. The exit status is 1 if there is something, 2 if nobody knows.
            """,
        options: JobSource.options + [OptionDescription("json", nil, "print a line of JSON a finding, for programs")],
        examples: [.init("stitch jobs health --postgres postgres://shop@localhost/shop", "what is wrong")]
    )

    static let failureStatus = CommandError.unknownStatus

    private struct Document: Encodable {
        var finding: String
        var queue: String?
        var detail: String
        var pid: Int?
    }

    static func run(_ arguments: ParsedArguments, _ console: Console) async throws -> Int32 {
        try await JobSource.withQueue(arguments, console) { jobs in
            let findings = try await jobs.findings()
            for finding in findings {
                try console.write(
                    arguments.has("json") ? JSONText.line(document(finding)) : text(of: finding, console)
                )
            }
            if findings.isEmpty, !arguments.has("json") { try console.write("nothing holds the queues up\n") }
            return findings.isEmpty ? 0 : CommandError.foundStatus
        }
    }

    private static func document(_ finding: JobQueue.Finding) -> Document {
        Document(finding: finding.name, queue: finding.queue, detail: finding.detail, pid: finding.backend)
    }

    private static func text(of finding: JobQueue.Finding, _ console: Console) -> String {
        let place = finding.queue.map { " (\($0.printable))" } ?? ""
        var detail = finding.detail
        if let backend = finding.backend { detail += "; SELECT pg_terminate_backend(\(backend)) ends it" }
        let lines = detail.wrapped(to: console.terminal.width - 2).map { "  \($0)\n" }.joined()
        return console.paint(finding.name.printable, .warning) + place + "\n" + lines
    }
}
