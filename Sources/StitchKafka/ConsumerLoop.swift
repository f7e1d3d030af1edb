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
    private static let tick = Duration.seconds(1)

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

    private struct State {
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
    private let intake: Intake
    private let handler: RecordHandler
    let hasGroup: Bool
    let offsetReset: KafkaConfiguration.OffsetReset
    private let drain: Duration
    /// The same for partitions that go to another member.
    private let revocationDrain: Duration
    private let commitInterval: Duration
    private let state: Mutex<State>
    /// Tells `run()` of new readers, and of the end.
    private let changed = Wake()
    /// Where the thread waits for handlers.
    private let gate = ThreadGate()
    /// Where offsets are committed, one request after the other.
    private let commits = DispatchQueue(label: "stitch.kafka.commits")
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

    // MARK: Committing

    /// Commits what counts as handled and isn't committed, and waits for the answer.
    ///
    /// Runs on the queue of commits, by who holds the client.
    private func commitNow(_ readers: [PartitionReader]) -> KafkaError? {
        dispatchPrecondition(condition: .onQueue(commits))
        let offsets = readers.compactMap { reader in reader.takeUncommitted().map { (reader: reader, next: $0) } }
        guard !offsets.isEmpty else { return nil }
        switch state.withLock({ $0.commits.begin() }) {
        case .ask(let attempt): return commitNow(offsets, attempt)
        case .rest(let refusal):
            for (reader, next) in offsets { reader.refused(next) }
            return refusal
        }
    }

    private func commitNow(
        _ offsets: [(reader: PartitionReader, next: Int64)],
        _ attempt: CommitState.Attempt
    ) -> KafkaError? {
        guard !offsets.isEmpty else { return nil }
        let topics = Set(offsets.map(\.reader.partition.topic)).sorted()
        func commit() -> KafkaError? {
            let code = client.commit(offsets.map { ($0.reader.partition, $0.next) })
            return code.isNone || code == RD_KAFKA_RESP_ERR__NO_OFFSET
                ? nil
                : KafkaError(native: code, "The offsets of \(topics) were not committed, so records may come again")
        }
        let error = observer.map { $0.commit(topics, commit) } ?? commit()
        if error != nil { for (reader, next) in offsets { reader.refused(next) } }
        state.withLock { $0.commits.end(attempt, error) }
        return error
    }

    /// Commits in the background.
    private func commitSoon() {
        let readers = assigned
        guard hasGroup, options.commit == .automatic, !readers.isEmpty else { return }
        guard state.withLock({ $0.commits.schedule() }) else { return }
        client.handle.hold()
        commits.async { [self] in
            // Nobody says a second time what the first refusal said.
            if !state.withLock({ $0.commits.isResting }), let error = commitNow(readers) {
                Diagnostics.log(.warning, error.message)
            }
            state.withLock { $0.commits.endScheduled() }
            client.handle.letGo()
        }
    }

    /// Commits for a caller, who waits for the broker's answer.
    func commit(_ readers: [PartitionReader]) async throws(KafkaError) {
        guard hasGroup else {
            throw KafkaError(.configuration, "A consumer without a group can't commit: give it a group")
        }
        let error = try await call(on: commits) { [self] in commitNow(readers) ?? Self.leftBehind(readers) }
        if let error { throw error }
    }

    /// What was to be committed of partitions that were given away before, without it.
    private static func leftBehind(_ readers: [PartitionReader]) -> KafkaError? {
        readers.first { $0.isLeftBehind }.map { reader in
            KafkaError(
                KafkaError.Code("_STATE"),
                "The offset of \(reader.partition) was not committed: the partition went to somebody else first, who gets "
                    + "the same records"
            )
        }
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

    // MARK: The thread

    private func serve() {
        begin()
        let interval = min(Self.tick, commitInterval)
        var nextCommit = ContinuousClock.now + commitInterval
        while state.withLock({ $0.consumer.isRunning }) {
            client.poll(timeoutMilliseconds: Int32(clamping: interval.wholeMilliseconds), handle)
            let now = ContinuousClock.now
            look(now)
            guard now >= nextCommit else { continue }
            nextCommit = now + commitInterval
            commitSoon()
        }
        let readers = state.withLock { $0.consumer.allReaders }
        finish(readers, by: .now + drain)
        if case .partitions(let partitions) = intake { revoke(partitions.map(\.partition), isLost: false) }
        if !client.close(handle) {
            Diagnostics.log(
                .warning,
                "No broker let the consumer of \(intake.description) leave its group, so others get its partitions only "
                    + "when its session times out"
            )
        }
        // Those of a last assignment too, which may have come meanwhile: their queues know of them.
        let (last, failure) = state.withLock { state in
            defer { state.consumer.close() }
            return (state.consumer.allReaders, state.consumer.failure)
        }
        for reader in last { reader.close() }
        // Nothing that was committed is still on its way.
        commits.sync {}
        client.handle.letGoWaiting()
        ended.set(failure)
        changed.signal()
        feed.end()
    }

    private func begin() {
        guard prepare() else { return }
        let result: rd_kafka_resp_err_t
        switch intake {
        case .topics(let topics): result = client.subscribe(to: topics)
        case .partitions(let partitions):
            // Their queues first, so that no record comes astray.
            for (partition, start) in partitions { assign(partition, from: StartOffset(native: start)) }
            changed.signal()
            result = client.assign(partitions.map { ($0.partition, $0.start) })
        }
        if !result.isNone { fail(KafkaError(native: result, "Subscribing to \(intake.description) failed")) }
    }

    /// Waits until what the policy needs is there; `false` when the consumer stops instead.
    private func prepare() -> Bool {
        guard let policy = handler.policy else { return true }
        while state.withLock({ $0.consumer.isRunning }) {
            do throws(KafkaError) {
                try policy.prepare()
                return true
            } catch {
                guard error.isRetryable else {
                    fail(error)
                    return false
                }
                // The broker may come.
                Diagnostics.log(.warning, error.message)
                state.withLock { $0.trouble.met(error) }
                let next = ContinuousClock.now + .seconds(1)
                gate.wait(until: { next }) { !state.withLock { $0.consumer.isRunning } }
            }
        }
        return false
    }

    private func handle(_ event: ConsumerClient.Event) {
        switch event {
        case .assigned(let partitions):
            state.withLock { state in
                state.commits.assigned()
                state.trouble.hasBroker()
            }
            for partition in partitions { assign(partition) }
            changed.signal()
        case .revoked(let partitions, let isLost): revoke(partitions, isLost: isLost)
        case .error(let code, let text):
            let fatal = code == RD_KAFKA_RESP_ERR__FATAL ? client.fatalError() : nil
            let error = KafkaError(
                native: fatal?.code ?? code,
                "The consumer of \(intake.description) has trouble",
                detail: fatal?.text ?? text
            )
            // Nobody needs the group that is there because librdkafka wants one.
            guard hasGroup || !ErrorName.isOfGroup(error.errorType) else { return }
            guard fatal == nil, !ErrorName.stopsConsumer(error.errorType) else { return fail(error) }
            met(error)
        }
    }

    /// Something goes wrong that may pass; told to who looks at diagnostics now and then, however often it is met.
    private func met(_ trouble: KafkaError) {
        let left = state.withLock { state in
            state.trouble.met(trouble)
            return state.throttle.admit(trouble.message, now: .now)
        }
        guard let left else { return }
        Diagnostics.log(.warning, trouble.message, metadata: left > 0 ? ["left_out": String(left)] : [:])
    }

    private func assign(_ partition: KafkaTopicPartition, from start: StartOffset = .committed) {
        // Also one that handles nothing counts: it may be waiting for the one before it.
        let previous = state.withLock { $0.consumer.reader(of: partition) }?.unfinished
        let wake = handler.isSequence ? feed.wake : Wake()
        guard let queue = PartitionQueue(client.handle, partition, observer: observer, wake: wake) else {
            return fail(KafkaError(native: RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, "\(partition) can't be read"))
        }
        let reader = PartitionReader(
            partition,
            queue,
            from: start,
            wake: wake,
            limit: handler.taken(options.prefetch),
            countsWhenHandled: options.commit == .automatic,
            kicker: FetchKicker(client.queueLimits),
            previous: previous,
            kick: { [self] in kick($0) },
            troubled: { [self] in met($0) }
        )
        if handler.isSequence { feed.add(reader) }
        state.withLock { $0.consumer.assign(partition, reader) }
    }

    private func revoke(_ partitions: [KafkaTopicPartition], isLost: Bool) {
        let readers = state.withLock { $0.consumer.revoke(partitions) }
        finish(readers, by: isLost ? .now : .now + revocationDrain)
        // Behind those that are under way, so that none of them comes later and takes something back.
        let error = commits.sync { () -> KafkaError? in
            let offsets = readers.compactMap { reader in reader.close().map { (reader, $0) } }
            guard isLost || !hasGroup else {
                return commitNow(offsets, state.withLock { $0.commits.beginLast() })
            }
            for (reader, next) in offsets { reader.refused(next) }
            return nil
        }
        feed.remove(readers)
        if let error { Diagnostics.log(.warning, error.message) }
    }

    /// Blocks until the readers have nothing in flight; cancels at the deadline what they have.
    private func finish(_ readers: [PartitionReader], by deadline: ContinuousClock.Instant) {
        for reader in readers { reader.stop() }
        func wait(until end: () -> ContinuousClock.Instant, _ isOpen: () -> Bool) {
            while !isOpen(), ContinuousClock.now < end() {
                gate.wait(until: { min(end(), .now + .milliseconds(500)) }, isOpen)
                client.touch()
            }
        }
        wait(until: { min(deadline, state.withLock { $0.consumer.deadline } ?? deadline) }) {
            !readers.contains { $0.isHandling }
        }
        let late = readers.filter { $0.isHandling }
        for reader in late { reader.cancel() }
        let end = ContinuousClock.now + Self.grace
        wait(until: { end }) { !late.contains { $0.isHandling } }
        for reader in late where reader.isHandling {
            Diagnostics.log(
                .warning,
                "A handler of \(reader.partition) goes on although it was cancelled; somebody else gets its record now"
            )
        }
    }

    /// Looks for handlers that take long.
    private func look(_ now: ContinuousClock.Instant) {
        let readers = assigned
        let handlers = readers.compactMap { reader in reader.progress.map { (reader.partition, $0) } }
        let lag = readers.compactMap(\.lag).reduce(nil) { ($0 ?? 0) + $1 }
        let findings = state.withLock { state in
            state.lag = lag.map { Int(clamping: $0) }
            return state.watch.look(at: handlers, now: now)
        }
        for finding in findings {
            switch finding {
            case .slow(let partition, let progress, let time):
                Diagnostics.log(
                    .warning,
                    "The handler of the record \(partition)/\(progress.offset) has been at it for \(time); the partition "
                        + "is kept, and nothing more is fetched for it when its queue is full"
                )
            case .overLimit(let partition, let progress, let time):
                let late = reader(of: partition)
                // First, so that nothing after that record begins.
                fail(
                    KafkaError(
                        .timedOut,
                        "The handler of the record \(partition)/\(progress.offset) has been at it for \(time), longer "
                            + "than 'handlerLimit', so the consumer stops there: it will get the same again"
                    )
                )
                late?.cancel()
            }
        }
    }

    /// Wakes the thread that fetches from a partition's broker: a question to the broker does.
    private func kick(_ partition: KafkaTopicPartition) {
        guard client.handle.tryHold() else { return }
        calls.async { [client] in
            client.askBroker(of: partition)
            client.handle.letGo()
        }
    }
}
