// SPDX-License-Identifier: Apache-2.0

import Stitch
import StitchKafka
import StitchService
import TracedKafka

/// `stitch redrive`.
enum RedriveCommand: Command {
    static let description = CommandDescription(
        name: "redrive",
        summary: "move the records of a dead topic back to where they came from",
        arguments: "TOPIC",
        argumentCount: 1...1,
        text: """
            Moves the records that are in a dead topic now back to the topic that each was first in, where they are
            handled as for the first time. What they carry is not changed, so that all of it is one flow.

            Each is moved at least once. What was moved is committed under a group of its own, and the next run goes on
            behind it; the records stay in the dead topic until that deletes them. A commit can't pass over records that
            are left, because they don't match for instance: what was moved behind them is moved again by the next run.
            """,
        options: [
            OptionDescription("brokers", "HOST:PORT,…", "the brokers; KAFKA_BOOTSTRAP_SERVERS unless given"),
            OptionDescription(
                "config",
                "FILE",
                "a properties file with what else is needed to reach them, as Java's clients have",
                value: .file
            ),
            OptionDescription("to", "TOPIC", "move them there, instead of to the topic that each was first in"),
            OptionDescription("limit", "N", "move N at most"),
            OptionDescription(
                "match",
                "NAME=VALUE",
                """
                only those whose key, reason, error, topic, partition (where they were first) or
                header.NAME is that; a * at the end stands for anything; all of several
                """
            ),
            OptionDescription("group", "GROUP", "commit under this group; stitch-redrive.TOPIC unless given"),
            OptionDescription("dry-run", nil, "only count them"),
        ],
        examples: [
            .init("stitch redrive --brokers localhost:9092 orders.dead --dry-run", "what there is"),
            .init("stitch redrive --config kafka.properties orders.dead --limit 10", "ten of them, to see how it goes"),
            .init(
                "stitch redrive --brokers localhost:9092 orders.dead --match 'error=Timeout*'",
                "those that timed out"
            ),
        ]
    )

    static func run(_ arguments: ParsedArguments, _ console: Console) async throws -> Int32 {
        let topic = arguments.arguments[0]
        let configuration = try configuration(arguments, console)
        let conditions = try arguments.all("match").map { text throws(CommandError) in try RedriveCondition(text) }
        var selection = DeadRecords.Selection()
        selection.target = arguments["to"]
        selection.limit = try arguments.number("limit", in: 1...Int.max)
        selection.isDryRun = arguments.has("dry-run")
        if !conditions.isEmpty {
            selection.matches = { record, moved in conditions.allSatisfy { $0.matches(record, moved) } }
        }
        if selection.target == topic {
            throw CommandError.usage("--to is '\(topic)', the topic that the records are in")
        }
        let records = DeadRecords(configuration, topic: topic, group: arguments["group"])
        let report = try await traced(console) { try await records.redrive(selection) }
        for line in lines(report, of: topic, selection, conditions.isEmpty) { try console.write("\(line)\n") }
        return 0
    }

    private static func configuration(
        _ arguments: ParsedArguments,
        _ console: Console
    ) throws -> KafkaConfiguration {
        var configuration = KafkaConfiguration(environment: console.environment)
        if let file = arguments["config"] { configuration = try KafkaConfiguration(contentsOf: file) }
        if let brokers = arguments["brokers"] {
            configuration.brokers = brokers.split(separator: ",").map(String.init)
        }
        guard !configuration.brokers.isEmpty else {
            throw CommandError.usage(
                "stitch redrive needs to know the brokers: give --brokers HOST:PORT, --config FILE, or the variable "
                    + "KAFKA_BOOTSTRAP_SERVERS"
            )
        }
        return configuration
    }

    /// Lets the moves have spans where the environment says that somebody is to get them.
    private static func traced<Success: Sendable>(
        _ console: Console,
        _ body: () async throws -> Success
    ) async throws -> Success {
        let isWanted = console.environment.contains { name, value in
            !value.isEmpty
                && (name.hasPrefix("OTEL_EXPORTER_OTLP_") || name == "OTEL_TRACES_EXPORTER"
                    || name == "STITCH_TRACES_FILE")
        }
        guard isWanted else { return try await body() }
        let telemetry = try Telemetry.start()
        let result: Result<Success, any Error>
        do {
            result = .success(try await body())
        } catch {
            result = .failure(error)
        }
        await telemetry.shutdown()
        return try result.get()
    }

    static func lines(
        _ report: DeadRecords.Report,
        of topic: String,
        _ selection: DeadRecords.Selection,
        _ isAll: Bool
    ) -> [String] {
        let verb = selection.isDryRun ? "would be moved" : "moved"
        var lines = report.moved.sorted { $0.key < $1.key }.map { target, count in
            "\(topic.printable) → \(target.printable): \(counted(count)) \(verb)"
        }
        if lines.isEmpty { lines = ["\(topic.printable): no record \(verb)"] }
        if report.others > 0 { lines.append("left: \(counted(report.others)) that didn't match") }
        if report.strangers > 0 {
            lines.append("left: \(counted(report.strangers)) that didn't say where they came from; --to moves them")
        }
        if report.unseen > 0 {
            lines.append("left: about \(counted(Int(clamping: report.unseen))) that weren't looked at")
        }
        if report.again > 0, !selection.isDryRun {
            lines.append("\(counted(report.again)) moved behind some that were left: the next run moves them again")
        }
        return lines
    }

    private static func counted(_ count: Int) -> String { count == 1 ? "1 record" : "\(count.grouped) records" }
}
