// SPDX-License-Identifier: Apache-2.0

/// `stitch jobs`.
enum JobsCommand: CommandGroup {
    static let actions: [any Command.Type] = [
        JobsListCommand.self, JobsShowCommand.self, JobsRetryCommand.self, JobsCancelCommand.self,
        JobsRedriveCommand.self, JobsPauseCommand.self, JobsResumeCommand.self, JobsStatsCommand.self,
        JobsHealthCommand.self,
    ]

    static let description = CommandDescription(
        name: "jobs",
        summary: "look at the jobs of a queue, and retry, cancel or revive them",
        arguments: "ACTION",
        text: """
            Looks after the job queue in a Postgres database. A job is ready (it waits, or is put off), running,
            succeeded, cancelled, discarded or dead. Needs a role that may: the schema's owner, or the admin that
            `SELECT stitch.grant_to(…)` gave its rights.
            """,
        options: [],
        actions: actions.map { $0.description }
    )
}

/// What is in common to the arguments of actions.
enum JobArguments {
    static let queue = OptionDescription("queue", "NAME", "of this queue")
    static let kind = OptionDescription("kind", "NAME", "of this kind")
    static let json = OptionDescription("json", nil, "print JSON, for programs")

    /// More jobs are not named in one call.
    static let mostJobs = 1000

    /// The jobs that are named.
    static func ids(_ arguments: ParsedArguments) throws(CommandError) -> [Int64] {
        var ids: [Int64] = []
        for text in arguments.arguments {
            guard let id = Int64(text), id > 0 else {
                throw .usage("a job is named by its number, such as 7, not by '\(text)'")
            }
            ids.append(id)
        }
        return ids
    }
}
