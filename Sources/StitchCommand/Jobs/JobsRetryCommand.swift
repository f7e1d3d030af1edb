// SPDX-License-Identifier: Apache-2.0

import TracedJobs

/// `stitch jobs retry`.
enum JobsRetryCommand: Command {
    static let description = CommandDescription(
        name: "jobs retry",
        summary: "make jobs ready that are dead, cancelled, discarded, done, or not due yet",
        arguments: "JOB…",
        argumentCount: 1...JobArguments.mostJobs,
        text: """
            Makes jobs ready that are dead, cancelled, discarded, done, or not due yet. Their attempts link to what created
            them and to the attempt before, as ever. The exit status is 1 if one of them could not be.
            """,
        options: JobSource.options + [
            OptionDescription("attempts", "N", "how many attempts each gets; as many as it had unless given")
        ],
        examples: [.init("stitch jobs retry 7 8 --attempts 3", "two jobs, three times each")]
    )

    static func run(_ arguments: ParsedArguments, _ console: Console) async throws -> Int32 {
        let ids = try JobArguments.ids(arguments)
        let attempts = try arguments.number("attempts", in: 1...32_000)
        return try await JobSource.withQueue(arguments, console) { jobs in
            var status: Int32 = 0
            for id in ids {
                if try await jobs.retry(JobID(rawValue: id), attempts: attempts) {
                    try console.write("job \(id) is ready\n")
                } else {
                    status = CommandError.failureStatus
                    console.tell(
                        "job \(id) was left: it waits or runs already, is not there any more, or another has its key"
                    )
                }
            }
            return status
        }
    }
}
