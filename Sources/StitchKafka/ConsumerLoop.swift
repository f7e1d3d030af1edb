// SPDX-License-Identifier: Apache-2.0

import CStitchRdkafka
import Dispatch
import StitchService
import Synchronization

/// Serves a consumer's group membership on a thread of its own, which also lets go of the client in the end.
///
/// The thread polls for assignments, revocations and errors, whatever handlers do, and so keeps the consumer in its group;
/// the records come by one queue per partition, whose readers are tasks of `run()` or are iterated over.
final class ConsumerLoop: Sendable {
    /// How long a handler that was cancelled may take to notice, so that nobody else gets its record meanwhile.
    static let grace = Duration.seconds(1)

    /// How often the thread looks at handlers and at what there is to commit, if nothing happens.
    static let tick = Duration.seconds(1)

    /// Where records come from.
    enum Intake: Sendable {
        /// From the partitions of these topics that the group deals out to us.
        case topics([String])
        /// From these partitions.
        case partitions([(partition: KafkaTopicPartition, start: Int64)])

        /// Whether the group is joined.
        var joins: Bool {
            if case .topics = self { true } else { false }
        }

        var description: String {
            switch self {
            case .topics(let topics): "\(topics)"
            case .partitions(let partitions): "\(partitions.map(\.partition))"
            }
        }
    }

    struct State {
        var consumer = AssignmentState<PartitionReader>()
        var commits: CommitState
        var watch: SlowHandlerWatch<PartitionReader.Progress>
        var lastProgress: ContinuousClock.Instant?
        var trouble = ClientTrouble()
        var throttle = LogThrottle()
        var lag: Int?
    }

    let client: ConsumerClient
    let options: KafkaConsumerOptions
    let observer: (any ConsumerObserver)?
    /// What a sequence of records is fed with.
    let feed = RecordFeed()
    let intake: Intake
    let handler: RecordHandler
    let hasGroup: Bool
    let offsetReset: KafkaConfiguration.OffsetReset
    let drain: Duration
    /// The same for partitions that go to another member.
    let revocationDrain: Duration
    let commitInterval: Duration
    let state: Mutex<State>
    /// Tells `run()` of new readers, and of the end.
    let changed = Wake()
    /// Where the thread waits for handlers.
    let gate = ThreadGate()
    /// Where offsets are committed, one request after the other.
    let commits = DispatchQueue(label: "stitch.kafka.commits")
    /// Where else brokers are waited for.
    let calls = DispatchQueue(label: "stitch.kafka.calls", attributes: .concurrent)
    /// Where reading goes on elsewhere, one time after the other.
    let seeks = DispatchQueue(label: "stitch.kafka.seeks")
    /// Set when the group is left, with what made it stop.
    let ended = OneTime<KafkaError?>()

    /// - Parameters:
    ///   - configuration: Where Kafka is and how to behave.
    ///   - group: The consumer group; `nil` for none, with an intake of partitions.
    ///   - intake: Where records come from.
    ///   - options: How to behave as a consumer.
    ///   - handler: What is done with records.
    ///   - observer: What stands round all that.
    /// - Throws: `KafkaError` that names the option, its value and what would be right.
    init(
        _ configuration: KafkaConfiguration,
        group: String?,
        intake: Intake,
        options: KafkaConsumerOptions,
        handler: RecordHandler,
        observer: (any ConsumerObserver)?
    ) throws(KafkaError) {
        try options.check()
        // Without a group librdkafka assigns nothing; a group that commits nothing and is never joined leaves no trace.
        client = try ConsumerClient(configuration, group: group ?? "\(configuration.clientID)-alone")
        self.intake = intake
        self.options = options
        self.handler = handler
        self.observer = observer
        hasGroup = group != nil
        offsetReset = configuration.autoOffsetReset
        drain = configuration.drain
        revocationDrain = intake.joins ? min(drain, client.revocationLimit) : drain
        commitInterval = configuration.commitInterval
        state = Mutex(
            State(
                commits: CommitState(joins: intake.joins),
                watch: SlowHandlerWatch(slow: options.slowHandler, limit: options.handlerLimit)
            )
        )
        if revocationDrain < drain {
            Diagnostics.log(
                .warning,
                "The option 'drain' is \(drain): when partitions go to another member, handlers are cancelled after "
                    + "\(revocationDrain), because the group waits no longer than 'maxPollInterval'; raise that to give them "
                    + "more time"
            )
        }
        ClientThread.start("kafka-consumer") { [self] in serve() }
    }

    var health: ServiceHealth {
        state.withLock { state in
            var blocker = state.trouble.blocker()
            let slow = state.watch.slowPartitions
            if !slow.isEmpty {
                let names = slow.prefix(10).map(\.description).joined(separator: ", ")
                blocker = "the handler of \(names) is slow: no record done for \(options.slowHandler) or more"
            }
            if !state.consumer.isRunning { blocker = "the consumer is stopping" }
            return ServiceHealth(lastProgress: state.lastProgress, lag: state.lag, blocker: blocker)
        }
    }

    // MARK: What tasks call

    /// Runs the readers until the consumer is closed; returns what made it stop.
    func run() async throws {
        guard state.withLock({ $0.consumer.beginRun() }) else {
            throw KafkaError(.closed, "A consumer was run a second time: make another one")
        }
        if !handler.isSequence {
            await withDiscardingTaskGroup { group in
                while !state.withLock({ $0.consumer.isClosed }) {
                    for reader in startReaders() {
                        let task = PartitionHandler(reader: reader, handler: handler) { [self] in note($0) }
                        group.addTask { await task.run() }
                    }
                    await changed.wait()
                }
            }
        }
        if let failure = await ended.value { throw failure }
    }

    /// Somebody begins to iterate over the records; returns why he can't.
    func beginIteration() -> KafkaError? {
        guard handler.isSequence else {
            return KafkaError(.configuration, "The consumer has a handler: for a sequence of records make one without")
        }
        guard feed.begin() else {
            return KafkaError(.closed, "The records of a consumer were iterated over a second time: make another one")
        }
        return nil
    }

    /// Takes no more records, lets handlers finish within `drain`, then cancels them.
    func stop(drain: Duration) {
        state.withLock { state in
            state.consumer.stop(by: .now + drain)
            stopReaders(state)
        }
        gate.signal()
    }

    /// Stops for an error.
    func fail(_ error: KafkaError) {
        state.withLock { state in
            state.consumer.fail(error, by: .now + drain)
            stopReaders(state)
        }
        gate.signal()
    }

    /// At once, so that no handler begins after `stop` has returned; the thread does the rest.
    private func stopReaders(_ state: borrowing State) {
        // Once the consumer is closed, the client may be gone.
        guard !state.consumer.isClosed else { return }
        for reader in state.consumer.allReaders { reader.stop() }
        feed.end()
        client.wake()
    }

    private func startReaders() -> [PartitionReader] {
        state.withLock { state in
            let readers = state.consumer.isRunning ? state.consumer.takeUnstarted() : []
            for reader in readers { reader.start() }
            return readers
        }
    }

    func note(_ report: PartitionHandler.Report) {
        switch report {
        case .handled:
            state.withLock { state in
                state.lastProgress = .now
                state.trouble.isOver()
            }
        case .givenBack: break
        case .failed(let error): fail(error)
        }
        gate.signal()
    }

    /// The partitions that are ours, with their readers.
    var assigned: [PartitionReader] { state.withLock { $0.consumer.assignedReaders } }

    func reader(of partition: KafkaTopicPartition) -> PartitionReader? {
        state.withLock { $0.consumer.assignedReader(of: partition) }
    }

    /// Calls what blocks, on a queue that may, while the client is there.
    func call<Success: Sendable>(
        on queue: DispatchQueue,
        _ body: @escaping @Sendable () -> Success
    ) async throws(KafkaError) -> Success {
        guard client.handle.tryHold() else { throw KafkaError(.closed, "The consumer is shut down: make another one") }
        return await withCheckedContinuation { continuation in
            queue.async { [client] in
                let result = body()
                client.handle.letGo()
                continuation.resume(returning: result)
            }
        }
    }
}
