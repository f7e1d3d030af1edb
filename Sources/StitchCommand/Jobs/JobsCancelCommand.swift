// SPDX-License-Identifier: Apache-2.0

import TracedJobs

/// `stitch jobs cancel`.
enum JobsCancelCommand: Command {
    static let description = CommandDescription(
        name: "jobs cancel",
        summary: "cancel jobs, also such that run",
        arguments: "JOB…",
        argumentCount: 1...JobArguments.mostJobs,
        text: """
            Cancels jobs. One that runs is stopped by its worker, one that waits when a worker gets it. The exit status is
            1 if one of them had ended already.
            """,
        options: JobSource.options + [OptionDescription("reason", "TEXT", "why, kept with the job")],
        examples: [.init("stitch jobs cancel 7 --reason 'order 7 was refunded'", "one job, and why")]
    )

    static func run(_ arguments: ParsedArguments, _ console: Console) async throws -> Int32 {
        let ids = try JobArguments.ids(arguments)
        return try await JobSource.withQueue(arguments, console) { jobs in
            var status: Int32 = 0
            for id in ids {
                switch try await jobs.cancel(JobID(rawValue: id), reason: arguments["reason"] ?? "cancelled") {
                case .cancelled: try console.write("job \(id) is cancelled\n")
                case .ordered: try console.write("job \(id) will be cancelled by the worker that has it, or gets it\n")
                case .finished:
                    status = CommandError.failureStatus
                    console.tell("job \(id) had ended, or never was")
                }
            }
            return status
        }
    }
}
