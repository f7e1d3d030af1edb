// SPDX-License-Identifier: Apache-2.0

package import Foundation
package import StitchKafka
package import TraceContext

/// The records of a dead topic, to be moved back to where they came from.
///
/// Each is moved at least once: one that was moved just before something went wrong may be moved again. What was moved is
/// committed under a group, so that the next run goes on behind it. A commit can't pass over a record that is left, so
/// what is moved behind one is moved again by the next run.
///
/// Brokers forget commits after a while. A run that finds none where there are records that may have been moved by an
/// earlier one moves nothing, and says so.
package struct DeadRecords: Sendable {
    /// Which records are moved, and where.
    package struct Selection: Sendable {
        /// Where a run begins.
        package enum Start: Sendable, Hashable {
            /// Behind what was moved before.
            case committed
            /// With the first record that there is.
            case beginning
            /// With the first record that was written then or later.
            case time(Date)
        }

        /// The topic that they go to; `nil` for the one that each was first in, or its group's first retry topic.
        package var target: String?
        /// Whether records that failed in one group, whose dead topic has its scope in its name, go to all of them.
        package var isForAllGroups = false
        /// Where to begin.
        package var start = Start.committed
        /// How many at most; `nil` for all.
        package var limit: Int?
        /// Which of them.
        package var matches: @Sendable (KafkaConsumedRecord, MovedRecord?) -> Bool = { _, _ in true }
        /// Whether those that were moved, and all before them, are then deleted out of the dead topic.
        package var deletes = false
        /// Whether they are only counted.
        package var isDryRun = false

        package init() {}
    }

    /// What became of them.
    package struct Report: Sendable {
        /// How many were moved, or would be, by topic.
        package var moved: [String: Int] = [:]
        /// How many of these the next run moves again, because they are behind one that was left.
        package var again = 0
        /// How many don't match.
        package var others = 0
        /// How many don't say where they came from.
        package var strangers = 0
        /// How many came from a topic that the dead topic isn't named after, though it is after one that is there.
        package var astray = 0
        /// How many are one group's that has no retry topic.
        package var scoped = 0
        /// How many could not be moved.
        package var failed = 0
        /// Why the first of those could not be moved.
        package var failure: KafkaError?
        /// About how many there were at the start that weren't looked at.
        package var unseen: Int64 = 0
        /// Where the next run goes on.
        package var next: [KafkaTopicPartition: Int64] = [:]
        /// About how many were deleted.
        package var deleted: Int64 = 0
        /// What ended the run before its time; `nil` for nothing.
        package var trouble: KafkaError?
        /// Whether somebody stopped the run.
        package var isInterrupted = false
        /// Why the run would move nothing if it weren't a dry one.
        package var doubt: KafkaError?

        package init() {}

        /// How many were moved, or would be.
        package var movedCount: Int { moved.values.reduce(0, +) }

        /// How many were left that should have been moved.
        package var leftCount: Int { strangers + astray + scoped + failed }
    }

    var configuration: KafkaConfiguration
    let topic: String
    let group: String
    let idle: Duration

    /// - Parameters:
    ///   - configuration: Where Kafka is.
    ///   - topic: The dead topic.
    ///   - group: The group that is committed under.
    ///   - idle: After what time without a record it is asked whether there will be one.
    package init(
        _ configuration: KafkaConfiguration,
        topic: String,
        group: String? = nil,
        idle: Duration = .seconds(5)
    ) {
        var configuration = configuration.moving
        configuration.autoOffsetReset = .earliest
        self.configuration = configuration
        self.topic = topic
        self.group = group ?? "stitch-redrive.\(topic)"
        self.idle = idle
    }

    /// Moves those that are there now.
    ///
    /// - Parameters:
    ///   - selection: Which, and where.
    ///   - stops: The first element ends the run behind the records that are being moved, the second at once.
    /// - Returns: What became of them.
    /// - Throws: `KafkaError` when nothing was moved because of it. What goes wrong later is in the report.
    package func redrive(
        _ selection: Selection,
        stops: AsyncStream<Void>? = nil
    ) async throws(KafkaError) -> Report {
        let admin = try KafkaAdmin(configuration)
        let topics = try await admin.describeTopics().filter { $0.error == nil }
        guard let description = topics.first(where: { $0.name == topic }) else {
            _ = try await admin.describeTopic(topic)
            return Report()
        }
        let plan = try await RedrivePlan(self, description, selection)
        if let doubt = plan.doubt, !selection.isDryRun { throw doubt }
        guard !plan.progress.isDone else {
            var report = plan.report
            guard !selection.isDryRun else { return report }
            try await plan.commit(self)
            if selection.deletes { await delete(&report, plan.first, admin) }
            return report
        }
        let partitions = Dictionary(topics.map { ($0.name, $0.partitions.count) }) { $1 }
        let mover = RedriveMover(of: topic, selection, partitions: partitions)
        var report = try await RedriveRun(self, plan, mover, isDryRun: selection.isDryRun).run(stops)
        report.doubt = plan.doubt
        if selection.deletes, !selection.isDryRun { await delete(&report, plan.first, admin) }
        return report
    }

    /// Deletes what nothing is left of before it: then nobody has to remember that it was moved.
    private func delete(_ report: inout Report, _ first: [KafkaTopicPartition: Int64], _ admin: KafkaAdmin) async {
        let offsets = report.next.filter { $0.value > first[$0.key] ?? .max }
        do throws(KafkaError) {
            try await admin.deleteRecords(before: offsets)
            report.deleted = offsets.reduce(0) { $0 + $1.value - (first[$1.key] ?? $1.value) }
        } catch {
            report.trouble = report.trouble ?? error
        }
    }
}
