// SPDX-License-Identifier: Apache-2.0

import Foundation
import Stitch
import StitchKafka
import StitchService
import TelemetryData
import TracedKafka

/// `stitch redrive`.
enum RedriveCommand: Command {
    static let description = CommandDescription(
        name: "redrive",
        summary: "move the records of a dead topic back to where they came from",
        arguments: "TOPIC",
        argumentCount: 1...1,
        text: """
            Moves the records that are in a dead topic now back to the topic and the partition that each was first in, where
            it gets all its tries again. What they carry is not changed, so that all of it is one flow. Those of one
            group (TOPIC.SCOPE.dead) go to its first retry topic, and are due there at once, so that no other group gets
            them.

            Each is moved at least once. What was moved is committed under a group of its own, and the next run goes on
            behind it; the records stay in the dead topic until that deletes them. A commit can't pass over records that
            are left, because they don't match for instance: what was moved behind them is moved again by the next run.

            Brokers forget what was committed, after 7 days unless they are set otherwise. A run that finds nothing
            committed, and records that are older than that, moves nothing, because they may have been moved before:
            --from-beginning or --from says where to begin.

            A signal ends the run behind the records that are being moved, a second one at once. The status is 0 when all
            were moved that were to be, 1 when some were left, 130 after a signal.
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
            OptionDescription("all-groups", nil, "move those of one group to where they were first, for all"),
            OptionDescription("from-beginning", nil, "begin with the first record, also where more is committed"),
            OptionDescription("from", "WHEN", "begin with the first written then or later: 2026-11-28T14:30:00Z"),
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
            OptionDescription("delete", nil, "then delete what was moved, and all before it, out of the dead topic"),
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
        let selection = try selection(arguments, conditions)
        if selection.target == topic {
            throw CommandError.usage("--to is '\(topic)', the topic that the records are in")
        }
        let records = DeadRecords(configuration, topic: topic, group: arguments["group"])
        let report = try await traced(console) {
            let signals = console.signals()
            defer { signals?.stop() }
            do {
                return try await records.redrive(selection, stops: signals?.stream)
            } catch let error as KafkaError where error.code == KafkaError.Code("_NO_OFFSET") {
                throw CommandError.failure(
                    "\(error.message): --from-beginning or --from WHEN; --dry-run counts them"
                )
            }
        }
        for line in lines(report, of: topic, selection) { try console.write("\(line)\n") }
        if let trouble = report.trouble { throw CommandError.failure(trouble.message) }
        if report.isInterrupted { throw CommandError.interrupted }
        return report.leftCount > 0 && !selection.isDryRun ? CommandError.failureStatus : 0
    }

    private static func selection(
        _ arguments: ParsedArguments,
        _ conditions: [RedriveCondition]
    ) throws(CommandError) -> DeadRecords.Selection {
        var selection = DeadRecords.Selection()
        selection.target = arguments["to"]
        selection.isForAllGroups = arguments.has("all-groups")
        selection.limit = try arguments.number("limit", in: 1...Int.max)
        selection.deletes = arguments.has("delete")
        selection.isDryRun = arguments.has("dry-run")
        if !conditions.isEmpty {
            selection.matches = { record, moved in conditions.allSatisfy { $0.matches(record, moved) } }
        }
        if let time = try arguments.time("from") {
            selection.start = .time(Date(timeIntervalSince1970: Double(time.nanoseconds) / 1_000_000_000))
        }
        if selection.deletes, selection.start != .committed {
            throw .usage("--delete and --from exclude each other: what is before that time was not moved by this run")
        }
        if arguments.has("from-beginning") {
            if selection.start != .committed {
                throw .usage("--from-beginning and --from exclude each other: give one")
            }
            selection.start = .beginning
        }
        if selection.isForAllGroups, selection.target != nil {
            throw .usage("--all-groups and --to exclude each other: --to moves all records to one topic anyway")
        }
        return selection
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
        _ selection: DeadRecords.Selection
    ) -> [String] {
        let verb = selection.isDryRun ? "would be moved" : "moved"
        var lines = report.moved.sorted { $0.key < $1.key }.map { target, count in
            "\(topic.printable) → \(target.printable): \(counted(count)) \(verb)"
        }
        if lines.isEmpty { lines = ["\(topic.printable): no record \(verb)"] }
        func left(_ count: Int, _ why: String) {
            if count > 0 { lines.append("left: \(counted(count)) that \(why)") }
        }
        left(report.others, "didn't match")
        left(report.strangers, "didn't say where they came from; --to moves them")
        left(report.astray, "came from another topic than the dead topic is named after; --to moves them")
        left(
            report.scoped,
            "failed in one group, which has no retry topic; --to moves them to a topic of its own, --all-groups to the first "
                + "one, where all groups handle them"
        )
        if let failure = report.failure {
            left(report.failed, "could not be moved; the first: \(failure.message.printable)")
        }
        if report.unseen > 0 {
            lines.append("left: about \(counted(Int(clamping: report.unseen))) that weren't looked at")
        }
        if report.deleted > 0 {
            lines.append("deleted: about \(counted(Int(clamping: report.deleted))), moved by now")
        }
        if report.again > 0, !selection.isDryRun {
            lines.append("\(counted(report.again)) moved behind some that were left: the next run moves them again")
        }
        if report.doubt != nil {
            lines.append(
                "nothing is committed, and some are old enough to have been moved before: without --dry-run say where to begin, "
                    + "with --from-beginning or --from"
            )
        }
        return lines
    }

    private static func counted(_ count: Int) -> String { count == 1 ? "1 record" : "\(count.grouped) records" }
}
