// SPDX-License-Identifier: Apache-2.0

import CStitchRdkafka
import StitchService
import Synchronization

/// Serves a consumer's group membership on a thread of its own, which also destroys the client in the end.
///
/// The thread polls for assignments, revocations and errors; the records come by one queue per partition, whose readers
/// are tasks of `run()`.
final class ConsumerLoop: Sendable {
    /// How long a handler that was cancelled may take to notice, so that nobody else gets its record meanwhile.
    private static let grace = Duration.seconds(1)

    private struct State {
        var consumer = ConsumerState<PartitionReader>()
        var health = ServiceHealth()
    }

    private let client: ConsumerClient
    private let topics: [String]
    private let handler: RecordHandler
    private let drain: Duration
    private let state = Mutex(State())
    /// Tells `run()` of new readers, and of the end.
    private let changed = Wake()
    /// Where the thread waits for handlers.
    private let gate = ThreadGate()
    /// Set when the client is destroyed, with what made it stop.
    let ended = OneTime<KafkaError?>()

    init(
        _ configuration: KafkaConfiguration,
        group: String,
        topics: [String],
        handler: RecordHandler
    ) throws(KafkaError) {
        client = try ConsumerClient(configuration, group: group)
        self.topics = topics
        self.handler = handler
        drain = configuration.drain
        ClientThread.start("kafka-consumer") { [self] in serve() }
    }

    var health: ServiceHealth {
        state.withLock { state in
            var health = state.health
            if !state.consumer.isRunning { health.blocker = "the consumer is stopping" }
            return health
        }
    }

    // MARK: What tasks call

    /// Runs the readers until the consumer is closed; returns what made it stop.
    func run() async throws {
        guard state.withLock({ $0.consumer.beginRun() }) else {
            throw KafkaError(.closed, "A consumer was run a second time: make another one")
        }
        await withDiscardingTaskGroup { group in
            while !state.withLock({ $0.consumer.isClosed }) {
                for reader in startReaders() {
                    group.addTask { [self] in
                        await reader.read { report in self.note(report) }
                    }
                }
                await changed.wait()
            }
        }
        if let failure = await ended.value { throw failure }
    }

    /// Takes no more records, lets handlers finish within `drain`, then cancels them.
    func stop(drain: Duration) {
        state.withLock { state in
            state.consumer.stop(by: .now + drain)
            stopReaders(state)
        }
        gate.signal()
    }

    private func fail(_ error: KafkaError) {
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
        client.wake()
    }

    private func startReaders() -> [PartitionReader] {
        state.withLock { state in
            let readers = state.consumer.isRunning ? state.consumer.takeUnstarted() : []
            for reader in readers { reader.start() }
            return readers
        }
    }

    private func note(_ report: PartitionReader.Report) {
        switch report {
        case .handled: state.withLock { $0.health = ServiceHealth(lastProgress: .now) }
        case .givenBack: break
        case .failed(let error): fail(error)
        }
        gate.signal()
    }

    // MARK: The thread

    private func serve() {
        let subscribed = client.subscribe(to: topics)
        if !subscribed.isNone { fail(KafkaError(native: subscribed, "Subscribing to \(topics) failed")) }
        while state.withLock({ $0.consumer.isRunning }) {
            client.poll(timeoutMilliseconds: 1000, handle)
        }
        let readers = state.withLock { $0.consumer.allReaders }
        finish(readers, by: .now + drain)
        if !client.close(handle) {
            Diagnostics.log(
                .warning,
                "No broker let the consumer of \(topics) leave its group, so others get its partitions only when its "
                    + "session times out"
            )
        }
        for reader in readers { reader.close() }
        let failure = state.withLock { state in
            state.consumer.close()
            return state.consumer.failure
        }
        client.destroy()
        ended.set(failure)
        changed.signal()
    }

    private func handle(_ event: ConsumerClient.Event) {
        switch event {
        case .assigned(let partitions):
            for partition in partitions { assign(partition) }
            changed.signal()
        case .revoked(let partitions, let isLost):
            let readers = state.withLock { $0.consumer.revoke(partitions) }
            finish(readers, by: isLost ? .now : .now + drain)
            for reader in readers { reader.close() }
        case .error(let code, let text):
            let error = KafkaError(native: code, "The consumer of \(topics) has trouble", detail: text)
            guard !ErrorName.stopsConsumer(error.errorType) else { return fail(error) }
            Diagnostics.log(.warning, error.message)
            state.withLock { $0.health.blocker = error.message }
        case .commitFailed(let code):
            let what = "The offsets of \(topics) were not committed, so some records may be handled again"
            Diagnostics.log(.warning, KafkaError(native: code, what).message)
        }
    }

    private func assign(_ partition: TopicPartition) {
        // Who had the partition before counts only if a handler of his is still in flight.
        let previous = state.withLock { $0.consumer.reader(of: partition) }.flatMap { $0.isHandling ? $0 : nil }
        guard let reader = PartitionReader(partition, client: client, handler: handler, previous: previous) else {
            return fail(KafkaError(native: RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, "\(partition) can't be read"))
        }
        state.withLock { $0.consumer.assign(partition, reader) }
    }

    /// Blocks until the readers have nothing in flight; cancels at the deadline what they have.
    private func finish(_ readers: [PartitionReader], by deadline: ContinuousClock.Instant) {
        for reader in readers { reader.stop() }
        gate.wait(until: { min(deadline, state.withLock { $0.consumer.deadline } ?? deadline) }) {
            !readers.contains { $0.isHandling }
        }
        let late = readers.filter { $0.isHandling }
        for reader in late { reader.cancel() }
        let end = ContinuousClock.now + Self.grace
        gate.wait(until: { end }) { !late.contains { $0.isHandling } }
        for reader in late where reader.isHandling {
            Diagnostics.log(
                .warning,
                "A handler of \(reader.partition) goes on although it was cancelled; somebody else gets its record now"
            )
        }
    }
}
