// SPDX-License-Identifier: Apache-2.0

import StitchKafka
import Synchronization

/// One run of a redrive: reads, moves and commits, until all is looked at, something goes wrong, or somebody stops it.
final class RedriveRun: Sendable {
    /// After how many times without a record, while brokers answer, none is expected any more.
    private static let patience = 3

    private enum Phase {
        /// Waits for records.
        case idle
        /// Has records, which are moved and committed before anything ends.
        case busy
        /// Takes no more.
        case over
    }

    private struct State {
        var progress: RedriveProgress
        var phase = Phase.idle
        var isStopping = false
        var turns = 0
        var trouble: KafkaError?
        var isInterrupted = false
        /// What was fetched of each partition, as librdkafka tells it.
        var fetched: [KafkaTopicPartition: Int64] = [:]
    }

    private enum End { case worked, watched, told }

    private let mover: RedriveMover
    private let isDryRun: Bool
    private let topic: String
    private let idle: Duration
    private let tracing: MoveTracing
    private let consumer: KafkaConsumer
    private let producer: KafkaProducer
    private let state: SharedState

    /// What the consumer's thread tells too.
    private final class SharedState: Sendable {
        let value: Mutex<State>

        init(_ state: State) { value = Mutex(state) }
    }

    init(
        _ records: DeadRecords,
        _ plan: RedrivePlan,
        _ mover: RedriveMover,
        isDryRun: Bool
    ) async throws(KafkaError) {
        self.mover = mover
        self.isDryRun = isDryRun
        topic = records.topic
        idle = records.idle
        tracing = MoveTracing(clientID: records.configuration.clientID)
        let state = SharedState(State(progress: plan.progress))
        self.state = state
        var records = records
        // Behind the last record there may be what no consumer sees: librdkafka tells that it has got past it.
        records.configuration.statisticsInterval = min(.seconds(1), idle / 4)
        records.configuration.statisticsHandler = KafkaStatisticsHandler { statistics in
            state.value.withLock { state in
                for partition in statistics.partitions {
                    let place = KafkaTopicPartition(topic: partition.topic, partition: partition.partition)
                    state.fetched[place] = partition.nextOffset
                }
            }
        }
        producer = try KafkaProducer(records.configuration)
        do throws(KafkaError) {
            consumer = try records.consumer(plan.starts)
        } catch {
            await producer.abandon()
            throw error
        }
    }

    /// Works until there is nothing to do; called once.
    func run(_ stops: AsyncStream<Void>?) async -> DeadRecords.Report {
        await withTaskGroup(of: End.self) { group in
            group.addTask { [self] in
                await work()
                return .worked
            }
            group.addTask { [self] in
                await watch()
                return .watched
            }
            if let stops {
                group.addTask { [self] in await obey(stops) ? .told : .watched }
            }
            for await end in group {
                if end == .worked { break }
                if end == .told { group.cancelAll() }
            }
            group.cancelAll()
        }
        await consumer.shutdown()
        // All that was waited for has its answer.
        await producer.abandon()
        return state.value.withLock { state in
            var report = state.progress.report
            report.trouble = state.trouble
            report.isInterrupted = state.isInterrupted || Task.isCancelled
            return report
        }
    }

    // MARK: Moving

    private func work() async {
        do throws(KafkaError) {
            try await commit()
            for try await batch in consumer.batches(upTo: 500) {
                guard begin() else { break }
                defer { end() }
                guard try await handle(batch) else { break }
            }
        } catch {
            fail(error)
        }
    }

    private func begin() -> Bool {
        state.value.withLock { state in
            guard state.phase == .idle, !state.isStopping else { return false }
            state.phase = .busy
            state.turns += 1
            return true
        }
    }

    private func end() { state.value.withLock { $0.phase = $0.phase == .over ? .over : .idle } }

    private func fail(_ error: KafkaError) { state.value.withLock { $0.trouble = $0.trouble ?? error } }

    /// Moves what is to be moved, and commits what was; `false` when that was all.
    private func handle(_ batch: [KafkaConsumedRecord]) async throws(KafkaError) -> Bool {
        let taken = state.value.withLock { state in state.progress.take(batch) { mover.choice(of: $0) } }
        guard let turn = taken else { return true }
        var errors: [KafkaError?] = turn.moves.map { _ in nil }
        if !isDryRun, !turn.moves.isEmpty {
            errors = await producer.send(moves: turn.moves, goingOnAfter: { !Self.endsRun($0) }) {
                tracing.begin($0, after: nil)
            }
        }
        let isDone = state.value.withLock { state in
            state.progress.settle(turn, zip(turn.moves, errors).map(Self.located), endsRun: Self.endsRun)
            return state.progress.isDone
        }
        try await commit()
        if let error = errors.compactMap(\.self).first(where: Self.endsRun) {
            if error.code != .cancelled { throw error }
            return false
        }
        return !isDone
    }

    private func commit() async throws(KafkaError) {
        guard !isDryRun else { return }
        let offsets = state.value.withLock { $0.progress.takeCommits() }
        try await consumer.commit(offsets)
    }

    private static func located(_ move: RecordMove, _ error: KafkaError?) -> KafkaError? {
        guard let error else { return nil }
        var located = error
        located.message = "The record \(move.record.position) was not moved to '\(move.topic)': \(error.message)"
        return located
    }

    /// Whether others would fail with the same error: it says nothing of the one record, or of where that was to go.
    private static func endsRun(_ error: KafkaError) -> Bool {
        if error.isFatal { return true }
        switch error.code {
        case .unknownTopicOrPartition: return false
        case .cancelled, .closed, .purged, .purgedInFlight, .authenticationFailed, .tlsFailed: return true
        default: return error.isRetryable
        }
    }

    // MARK: Ending

    /// Ends the run when no record comes any more: the rest was deleted, is none that a consumer sees, or can't be had.
    private func watch() async {
        var (quiet, before) = (0, 0)
        while true {
            do {
                try await Task.sleep(for: idle)
            } catch {
                return
            }
            let (turns, isIdle, open) = state.value.withLock { ($0.turns, $0.phase == .idle, $0.progress.open) }
            guard isIdle, turns == before else {
                (quiet, before) = (0, turns)
                continue
            }
            do throws(KafkaError) {
                let bounds = try await consumer.bounds(of: Array(open.keys))
                note(open, bounds)
            } catch {
                fail(error)
                return await stop()
            }
            if state.value.withLock({ $0.progress.isDone }) { return await stop() }
            quiet += 1
            guard quiet == Self.patience else { continue }
            fail(
                KafkaError(
                    .timedOut,
                    "No record of '\(topic)' came for \(idle * quiet), though there are some: run it again, and look at the "
                        + "brokers' quotas if that gives the same",
                    isRetryable: true
                )
            )
            return await stop()
        }
    }

    private func note(_ open: [KafkaTopicPartition: Int64], _ bounds: [KafkaTopicPartition: Range<Int64>]) {
        state.value.withLock { state in
            for (partition, end) in open {
                let isDeleted = bounds[partition].map { $0.lowerBound >= end } ?? false
                let isInvisible = state.fetched[partition].map { $0 >= end } ?? false
                if isDeleted || isInvisible { state.progress.end(partition) }
            }
        }
    }

    /// Whether somebody said it twice: to end at once.
    private func obey(_ stops: AsyncStream<Void>) async -> Bool {
        var count = 0
        for await _ in stops {
            count += 1
            if count > 1 { return true }
            state.value.withLock { $0.isInterrupted = true }
            await stop()
        }
        return false
    }

    /// Lets no further records be moved; those that are, are moved and committed first.
    private func stop() async {
        let isIdle = state.value.withLock { state in
            state.isStopping = true
            guard state.phase == .idle else { return false }
            state.phase = .over
            return true
        }
        // Whoever waits for records goes on; else the one who moves some looks before the next.
        if isIdle { await consumer.shutdown() }
    }
}
