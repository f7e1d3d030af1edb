// SPDX-License-Identifier: Apache-2.0

import TracedJobs

/// `stitch migrate`.
enum MigrateCommand: Command {
    static let description = CommandDescription(
        name: "migrate",
        summary: "make the tables of the job queue, or print the SQL that does",
        text: """
            Makes the schema of the job queue with its tables and functions, or brings an older one to this version, in
            one transaction; where nothing is to be done it does nothing. Needs a role that may create a schema, and that
            then owns it; `SELECT stitch.grant_to(…)` gives others their rights.

            A schema of a newer version is left alone, and refused.
            """,
        options: JobSource.options + [
            OptionDescription("print", nil, "print the SQL instead, for migrations of your own; needs no database"),
            OptionDescription("dry-run", nil, "only say which version there is, and which there would be"),
            OptionDescription("json", nil, "print JSON, for programs"),
        ],
        examples: [
            .init("stitch migrate --postgres postgres://shop@localhost/shop --dry-run", "what there is"),
            .init("stitch migrate --postgres postgres://shop@localhost/shop", "makes it"),
            .init("stitch migrate --print > 0042_stitch.sql", "for your own migrations"),
        ]
    )

    private struct Document: Encodable {
        var schema: String
        /// `nil` where there was none.
        var found: Int?
        var wanted: Int
        var isDone: Bool
    }

    static func run(_ arguments: ParsedArguments, _ console: Console) async throws -> Int32 {
        let isDryRun = arguments.has("dry-run")
        if arguments.has("print") {
            guard !isDryRun, !arguments.has("json") else {
                throw CommandError.usage("give --print alone, without --dry-run and --json")
            }
            let script = try JobQueue.migrationScript(schema: arguments["schema"] ?? JobQueue.defaultSchema)
            try console.write("-- Made by stitch \(StitchCommand.version). Run it in one transaction.\n\n\(script)\n")
            return 0
        }
        return try await JobSource.withDatabase(arguments, console) { jobs in
            let version = try await jobs.schemaVersion()
            if !isDryRun { try await jobs.migrate() }
            let document = Document(
                schema: jobs.schema,
                found: version.found,
                wanted: version.wanted,
                isDone: !isDryRun
            )
            try console.write(arguments.has("json") ? JSONText.page(document) : "\(text(of: document))\n")
            return 0
        }
    }

    private static func text(of document: Document) -> String {
        let schema = "schema \(document.schema.printable)"
        return switch document.found {
        case document.wanted?: "\(schema): at version \(document.wanted), nothing to do"
        case let found?:
            "\(schema): \(document.isDone ? "brought" : "would be brought") from version \(found) to \(document.wanted)"
        case nil:
            document.isDone
                ? "\(schema): made, at version \(document.wanted)"
                : "\(schema): there is none; stitch migrate would make it, at version \(document.wanted)"
        }
    }
}
