// SPDX-License-Identifier: Apache-2.0

package import StitchKafka
import Synchronization
package import TraceContext

/// The records of a dead topic, to be moved back to where they came from.
///
/// Each is moved at least once: one that was moved just before something went wrong may be moved again. What was moved is
/// committed under a group, so that the next run goes on behind it. A commit can't pass over a record that is left, so
/// what is moved behind one is moved again by the next run.
package struct DeadRecords: Sendable {
    /// Which records are moved, and where.
    package struct Selection: Sendable {
        /// The topic that they go to; `nil` for the one that each was first in.
        package var target: String?
        /// How many at most; `nil` for all.
        package var limit: Int?
        /// Which of them.
        package var matches: @Sendable (KafkaConsumedRecord, MovedRecord?) -> Bool = { _, _ in true }
        /// Whether they are only counted.
        package var isDryRun = false

        package init() {}
    }

    /// What became of them.
    package struct Report: Sendable, Equatable {
        /// How many were moved, or would be, by topic.
        package var moved: [String: Int] = [:]
        /// How many of these the next run moves again, because they are behind one that was left.
        package var again = 0
        /// How many don't match.
        package var others = 0
        /// How many don't say where they came from.
        package var strangers = 0
        /// About how many there were at the start that weren't looked at.
        package var unseen: Int64 = 0

        package init() {}

        /// How many were moved, or would be.
        package var movedCount: Int { moved.values.reduce(0, +) }
    }

    private let configuration: KafkaConfiguration
    private let topic: String
    private let group: String
    private let idle: Duration

    /// - Parameters:
    ///   - configuration: Where Kafka is.
    ///   - topic: The dead topic.
    ///   - group: The group that is committed under.
    ///   - idle: After what time without a record there will be none any more, though there should: they were deleted.
    package init(
        _ configuration: KafkaConfiguration,
        topic: String,
        group: String? = nil,
        idle: Duration = .seconds(10)
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
    /// - Parameter selection: Which, and where.
    /// - Returns: What became of them.
    /// - Throws: `KafkaError` when something can't be read, sent or committed; what was moved before stays so.
    package func redrive(_ selection: Selection) async throws(KafkaError) -> Report {
        let description = try await KafkaAdmin(configuration).describeTopic(topic)
        let partitions = description.partitions.map { KafkaTopicPartition(topic: topic, partition: $0.number) }
        var options = KafkaConsumerOptions()
        options.commit = .manual
        let consumer = try KafkaConsumer(
            configuration,
            partitions: Dictionary(uniqueKeysWithValues: partitions.map { ($0, .committed) }),
            group: group,
            options: options
        )
        let producer: KafkaProducer
        do throws(KafkaError) {
            producer = try KafkaProducer(configuration)
        } catch {
            await consumer.shutdown()
            throw error
        }
        let result: Result<Report, KafkaError>
        do throws(KafkaError) {
            result = .success(try await move(partitions, selection, consumer, producer))
        } catch {
            result = .failure(error)
        }
        await consumer.shutdown()
        await producer.shutdown()
        return try result.get()
    }

    private func move(
        _ partitions: [KafkaTopicPartition],
        _ selection: Selection,
        _ consumer: KafkaConsumer,
        _ producer: KafkaProducer
    ) async throws(KafkaError) -> Report {
        // What is written from now on, by those that are moved and fail again for instance, is for the next run.
        let bounds = try await consumer.bounds(of: partitions)
        let committed = try await consumer.committed(partitions)
        var progress = RedriveProgress(limit: selection.limit)
        for partition in partitions {
            guard let bounds = bounds[partition] else { continue }
            // What was committed may be deleted since.
            let start = max(committed[partition] ?? bounds.lowerBound, bounds.lowerBound)
            progress.add(partition, from: start, to: bounds.upperBound)
        }
        let seen = Atomic<Int>(0)
        // Ends with the scope.
        async let _ = shutDown(consumer, whenIdle: seen)
        let mover = RedriveMover(producer, selection, MoveTracing(clientID: configuration.clientID))
        guard !progress.isDone else { return progress.report }
        for try await batch in consumer.batches(upTo: 500) {
            // Odd while records are moved, which may take its time.
            seen.add(1, ordering: .relaxed)
            defer { seen.add(1, ordering: .relaxed) }
            let chosen = progress.take(batch) { record in mover.target(of: record) }
            if !selection.isDryRun {
                try await mover.move(chosen)
                if let last = progress.takeCommit(of: batch) { try await consumer.commit(last) }
            }
            if progress.isDone { break }
        }
        return progress.report
    }

    private func shutDown(_ consumer: KafkaConsumer, whenIdle seen: borrowing Atomic<Int>) async {
        while true {
            let before = seen.load(ordering: .relaxed)
            do {
                try await Task.sleep(for: idle)
            } catch {
                return
            }
            if before.isMultiple(of: 2), seen.load(ordering: .relaxed) == before { break }
        }
        await consumer.shutdown()
    }
}

/// Sends chosen records, each within a span.
struct RedriveMover: Sendable {
    private let producer: KafkaProducer
    private let selection: DeadRecords.Selection
    private let tracing: MoveTracing

    init(_ producer: KafkaProducer, _ selection: DeadRecords.Selection, _ tracing: MoveTracing) {
        self.producer = producer
        self.selection = selection
        self.tracing = tracing
    }

    /// What is to become of a record.
    func target(of record: KafkaConsumedRecord) -> RedriveProgress.Choice {
        let moved = record.movedFields
        guard selection.matches(record, moved) else { return .other }
        guard let topic = selection.target ?? moved?.source.topic else { return .stranger }
        let saying = moved.map { moved in
            MovedRecord(
                attempt: moved.attempt,
                previous: moved.previous,
                reason: "redrive",
                errorType: moved.errorType,
                source: moved.source,
                target: topic
            )
        }
        return .move(RecordMove(record, to: topic, saying: saying))
    }

    /// Returns when all of them are where they belong.
    func move(_ moves: [RecordMove]) async throws(KafkaError) {
        let failure = await producer.send(moves: moves) { tracing.begin($0, after: nil) }
        if let failure { throw failure.error }
    }
}
