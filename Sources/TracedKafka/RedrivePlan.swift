// SPDX-License-Identifier: Apache-2.0

import Foundation
import StitchKafka

/// Where a redrive begins and ends in each partition, and whether that may move records a second time.
struct RedrivePlan: Sendable {
    /// What brokers are taken to keep commits for that don't say it: what Kafka's once did, the shortest of all.
    private static let shortestRetention = Duration.seconds(86_400)
    /// Clocks may differ.
    private static let margin: TimeInterval = 3600

    private(set) var progress: RedriveProgress
    /// The first offset that there is in each partition.
    private(set) var first: [KafkaTopicPartition: Int64] = [:]
    private(set) var starts: [KafkaTopicPartition: KafkaStart] = [:]

    /// Why nobody knows whether records were moved by an earlier run.
    private(set) var doubt: KafkaError?

    /// What became of the records of a run that has nothing to do.
    var report: DeadRecords.Report {
        var report = progress.report
        report.doubt = doubt
        return report
    }

    init(
        _ records: DeadRecords,
        _ topic: KafkaTopicDescription,
        _ selection: DeadRecords.Selection
    ) async throws(KafkaError) {
        progress = RedriveProgress(limit: selection.limit)
        let partitions = topic.partitions.map { KafkaTopicPartition(topic: topic.name, partition: $0.number) }
        let consumer = try records.consumer(Dictionary(uniqueKeysWithValues: partitions.map { ($0, .beginning) }))
        let result: Result<Void, KafkaError>
        do throws(KafkaError) {
            result = .success(try await make(records, topic, partitions, selection, consumer))
        } catch {
            result = .failure(error)
        }
        await consumer.shutdown()
        try result.get()
    }

    private mutating func make(
        _ records: DeadRecords,
        _ topic: KafkaTopicDescription,
        _ partitions: [KafkaTopicPartition],
        _ selection: DeadRecords.Selection,
        _ consumer: KafkaConsumer
    ) async throws(KafkaError) {
        // What is written from now on, by those that are moved and fail again for instance, is for the next run.
        let bounds = try await consumer.bounds(of: partitions)
        var begins: [KafkaTopicPartition: Int64]
        switch selection.start {
        case .committed: begins = try await consumer.committed(partitions)
        case .beginning: begins = [:]
        case .time(let time): begins = try await consumer.offsets(at: time, of: partitions)
        }
        for (partition, bounds) in bounds {
            // What was committed may be deleted since.
            let start = min(max(begins[partition] ?? bounds.lowerBound, bounds.lowerBound), bounds.upperBound)
            progress.add(partition, from: start, to: bounds.upperBound)
            starts[partition] = .offset(start)
            first[partition] = bounds.lowerBound
        }
        guard selection.start == .committed else { return }
        let unknown = bounds.filter { begins[$0.key] == nil && !$0.value.isEmpty }
        guard !unknown.isEmpty else { return }
        let oldest = try await OldestRecord(Set(unknown.keys), within: records.idle * 3).find(consumer)
        let retention = await Self.retention(records, topic)
        // A record that is younger than any commit that may be forgotten was never moved.
        guard oldest < Date.now.addingTimeInterval(Self.margin - retention / .seconds(1)) else { return }
        let count = unknown.values.reduce(0) { $0 + $1.count }
        doubt = Self.doubt(records, count, unknown.count, oldest, retention)
    }

    /// Commits where a run that has nothing to do found itself, so that brokers don't forget.
    func commit(_ records: DeadRecords) async throws(KafkaError) {
        var progress = progress
        let offsets = progress.takeCommits()
        guard !offsets.isEmpty else { return }
        let consumer = try records.consumer(starts)
        let result: Result<Void, KafkaError>
        do throws(KafkaError) {
            result = .success(try await consumer.commit(offsets))
        } catch {
            result = .failure(error)
        }
        await consumer.shutdown()
        try result.get()
    }

    /// How long brokers keep what was committed.
    private static func retention(_ records: DeadRecords, _ topic: KafkaTopicDescription) async -> Duration {
        guard let broker = topic.partitions.lazy.compactMap(\.leader).first,
            var admin = try? KafkaAdmin(records.configuration)
        else { return shortestRetention }
        admin.requestTimeout = .seconds(5)
        let setting = try? await admin.describeConfiguration(ofBroker: broker)["offsets.retention.minutes"]
        guard let minutes = setting?.value.flatMap({ Int32($0) }) else { return shortestRetention }
        return .seconds(60 * Int64(minutes))
    }

    private static func doubt(
        _ records: DeadRecords,
        _ count: Int,
        _ partitions: Int,
        _ oldest: Date,
        _ retention: Duration
    ) -> KafkaError {
        let hours = Int(retention / .seconds(3600))
        return KafkaError(
            KafkaError.Code("_NO_OFFSET"),
            "Nothing was moved out of '\(records.topic)': the group '\(records.group)' has nothing committed for "
                + "\(partitions) of its partitions, which hold \(count) records, the oldest of \(oldest.ISO8601Format()). An "
                + "earlier run may have moved some of them, because brokers forget commits after \(hours) h. Where none has, or "
                + "moving them again does no harm, begin with the first record; else with the first that was written after the "
                + "last run"
        )
    }
}

extension DeadRecords {
    /// A consumer that commits only what it is told to.
    func consumer(_ starts: [KafkaTopicPartition: KafkaStart]) throws(KafkaError) -> KafkaConsumer {
        var options = KafkaConsumerOptions()
        options.commit = .manual
        options.prefetch = 500
        return try KafkaConsumer(configuration, partitions: starts, group: group, options: options)
    }
}

/// Looks for when the first records of partitions were written.
private struct OldestRecord {
    private let partitions: Set<KafkaTopicPartition>
    private let patience: Duration

    init(_ partitions: Set<KafkaTopicPartition>, within patience: Duration) {
        self.partitions = partitions
        self.patience = patience
    }

    /// Reads the first record of each.
    ///
    /// - Returns: The time of the oldest; one without a time is as old as can be.
    /// - Throws: `KafkaError` when one doesn't come in time.
    func find(_ consumer: KafkaConsumer) async throws(KafkaError) -> Date {
        // Ends with the scope.
        async let _ = end(consumer)
        var missing = partitions
        var oldest = Date.distantFuture
        var records = consumer.records.makeAsyncIterator()
        while !missing.isEmpty {
            guard let record = try await records.next() else {
                throw KafkaError(
                    .timedOut,
                    "Nothing was moved: nothing is committed for \(missing.min()?.description ?? ""), so its first record would "
                        + "say whether an earlier run may have moved it, and did not come within \(patience); run it again, "
                        + "or begin with the first record",
                    isRetryable: true
                )
            }
            guard missing.remove(record.place) != nil else { continue }
            oldest = min(oldest, Date(timeIntervalSince1970: Double(record.timestamp.milliseconds ?? 0) / 1000))
            consumer.pause([record.place])
        }
        return oldest
    }

    private func end(_ consumer: KafkaConsumer) async {
        do {
            try await Task.sleep(for: patience)
        } catch {
            return
        }
        await consumer.shutdown()
    }
}
