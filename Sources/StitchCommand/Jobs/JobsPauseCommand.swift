// SPDX-License-Identifier: Apache-2.0

import TracedJobs

/// `stitch jobs pause`.
enum JobsPauseCommand: Command {
    static let description = CommandDescription(
        name: "jobs pause",
        summary: "let nothing be claimed from queues",
        arguments: "QUEUE…",
        argumentCount: 1...100,
        text: """
            Lets nothing be claimed from queues until they are resumed. What runs goes on, and jobs can be enqueued.
            """,
        options: JobSource.options,
        examples: [.init("stitch jobs pause mail", "while the mail server is being moved")]
    )

    static func run(_ arguments: ParsedArguments, _ console: Console) async throws -> Int32 {
        try await JobSource.withQueue(arguments, console) { jobs in
            try await JobNames.check(arguments.arguments, of: .queue, in: jobs)
            for queue in arguments.arguments {
                try await jobs.pause(queue)
                try console.write("queue \(queue.printable) is paused\n")
            }
            return 0
        }
    }
}

/// `stitch jobs resume`.
enum JobsResumeCommand: Command {
    static let description = CommandDescription(
        name: "jobs resume",
        summary: "let jobs be claimed from queues again",
        arguments: "QUEUE…",
        argumentCount: 1...100,
        text: "Lets jobs be claimed from paused queues again.",
        options: JobSource.options,
        examples: [.init("stitch jobs resume mail", "when it is back")]
    )

    static func run(_ arguments: ParsedArguments, _ console: Console) async throws -> Int32 {
        try await JobSource.withQueue(arguments, console) { jobs in
            try await JobNames.check(arguments.arguments, of: .queue, in: jobs)
            for queue in arguments.arguments {
                try await jobs.resume(queue)
                try console.write("queue \(queue.printable) is open\n")
            }
            return 0
        }
    }
}
