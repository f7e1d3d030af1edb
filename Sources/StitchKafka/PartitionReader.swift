// SPDX-License-Identifier: Apache-2.0

import CStitchRdkafka
import Synchronization

/// Gives out the records of one partition, in order, for as long as the partition is ours: one assignment, one reader.
///
/// Somebody reads, a task of the consumer's `run()` or whoever iterates over its records; the consumer's thread stops and
/// closes it.
final class PartitionReader: Sendable {
    /// What there is to read.
    enum Next {
        case batch(ConsumedBatch, generation: Int)
        /// Nothing now; the wake tells when that changes.
        case nothing
        /// Nothing any more.
        case over
        case failed(KafkaError)
    }

    /// How far somebody is with the records that he has.
    struct Progress: Equatable {
        var batch: ObjectIdentifier
        var handled: Int
        /// The record that is worked on.
        var offset: Int64
    }

    private struct State {
        var partition = PartitionState()
        /// What was taken last, and is not done with.
        var current: ConsumedBatch?
        var size: BatchSize
        var kicker: FetchKicker
        /// Where reading was asked to begin, or to go on.
        var start: StartOffset
        /// Where to go on, as far as anybody was given anything.
        var position: Int64?
        /// The offset behind the partition's last record, as the last fetch told it.
        var end: Int64 = -1
        /// What came after the records that were taken last, and ends the reading.
        var failure: KafkaError?

        /// What was handled of batches that are done with, where it counts only when the caller says so.
        var done: Int64?

        /// What was handled of it counts.
        mutating func noteCurrent() {
            partition.note(handledBefore: current?.handledBefore, generation: partition.generation)
        }
    }

    let partition: KafkaTopicPartition
    private let queue: PartitionQueue
    private let wake: Wake
    private let kick: @Sendable (KafkaTopicPartition) -> Void
    private let troubled: @Sendable (KafkaError) -> Void
    private let countsWhenHandled: Bool
    private let firstTaking = Taking()
    private let state: Mutex<State>
    /// Whether to ask `mayGoOn` before the next record.
    private let interrupted = Atomic<Bool>(false)
    /// Who had the partition before us and may still have something in flight.
    private let previous: Mutex<PartitionReader?>
    /// Set when nothing is in flight any more and nothing will be.
    private let finished = OneTime<Void>()
    /// Set when the handler in flight is to be cancelled, and when there is none any more.
    let isOver = OneTime<Void>()

    /// - Parameters:
    ///   - partition: The partition.
    ///   - queue: Its own.
    ///   - start: Where reading begins.
    ///   - wake: The queue's.
    ///   - limit: How many records are taken at once, at most.
    ///   - countsWhenHandled: Whether a record counts as soon as it was handled, rather than when the caller says so.
    ///   - kicker: Decides when to wake the thread that fetches.
    ///   - previous: Who had the partition before.
    ///   - kick: Wakes the thread that fetches.
    ///   - troubled: Is told what goes wrong with the partition and may pass.
    init(
        _ partition: KafkaTopicPartition,
        _ queue: PartitionQueue,
        from start: StartOffset,
        wake: Wake,
        limit: Int,
        countsWhenHandled: Bool,
        kicker: FetchKicker,
        previous: PartitionReader?,
        kick: @escaping @Sendable (KafkaTopicPartition) -> Void,
        troubled: @escaping @Sendable (KafkaError) -> Void
    ) {
        self.partition = partition
        self.queue = queue
        self.wake = wake
        self.countsWhenHandled = countsWhenHandled
        self.kick = kick
        self.troubled = troubled
        self.previous = Mutex(previous)
        state = Mutex(State(size: BatchSize(limit: limit), kicker: kicker, start: start))
    }

    // MARK: What whoever reads calls

    /// The reader is read from now on.
    func start() { state.withLock { $0.partition.start() } }

    /// Waits for who had the partition before: two at once would break its order.
    func waitForPrevious() async {
        await previous.withLock({ $0 })?.finished.value
        previous.withLock { $0 = nil }
    }

    /// Nobody reads any more.
    func finish() { finished.set(()) }

    /// Whom the next reader of the partition has to wait for: this one, or who came before if nobody has read this one;
    /// `nil` when nothing of theirs is in flight.
    var unfinished: PartitionReader? {
        guard state.withLock({ $0.partition.isStarted }) else { return previous.withLock { $0 }?.unfinished }
        return finished.isSet ? nil : self
    }

    /// Takes what is there; it is in flight until `end`, or until `mayGoOn` says no.
    func take() -> Next {
        var troubles: [KafkaError] = []
        let (next, kicks) = state.withLock { state -> (Next, Bool) in
            guard state.partition.mayTake else { return (state.partition.isOver ? .over : .nothing, false) }
            if let failure = state.failure { return (.failed(failure), false) }
            let taken = queue.take(upTo: state.size.next, taking(state.partition.generation))
            troubles = taken.troubles
            state.failure = taken.failure
            guard let batch = taken.batch else { return (state.failure.map { .failed($0) } ?? .nothing, false) }
            let bytes = batch.byteCount
            state.size.note(count: batch.count, bytes: bytes)
            state.current = batch
            state.partition.begin()
            state.position = batch.offset(batch.count - 1) + 1
            state.end = batch.end
            let kicks = state.kicker.took(batch.count, bytes: bytes, left: taken.left)
            return (.batch(batch, generation: state.partition.generation), kicks)
        }
        if kicks { kick(partition) }
        for trouble in troubles { troubled(trouble) }
        return next
    }

    /// Whether `decide` has something to say before the next record.
    var isInterrupted: Bool { interrupted.load(ordering: .acquiring) }

    /// What is to become of the records that were taken in `generation`; unless they go on, nothing is in flight.
    func decide(_ generation: Int) -> PartitionState.Decision {
        state.withLock { state in
            if countsWhenHandled { state.noteCurrent() }
            let decision = state.partition.decide(generation: generation)
            if decision == .drop { state.current = nil }
            interrupted.store(state.partition.isInterrupted, ordering: .releasing)
            return decision
        }
    }

    /// Whether the next record of what was taken in `generation` may begin.
    ///
    /// Waits while the partition is paused. After a no, the rest is not to be handled, and nothing is in flight.
    func mayGoOn(_ generation: Int) async -> Bool {
        guard isInterrupted else { return true }
        return await waitToGoOn(generation)
    }

    /// Lets time pass with nothing in flight, between two tries of what was taken in `generation` for instance.
    ///
    /// Ends early when the partition is given away or stops.
    ///
    /// - Returns: As `mayGoOn`.
    func rest(until instant: ContinuousClock.Instant, _ generation: Int) async -> Bool {
        // Ends with the scope, whatever ends that.
        async let _ = wake(at: instant)
        while true {
            guard !Task.isCancelled, rests(generation) else { return false }
            guard ContinuousClock.now < instant else { return await waitToGoOn(generation) }
            await wake.wait()
        }
    }

    private func rests(_ generation: Int) -> Bool {
        state.withLock { state in
            if countsWhenHandled { state.noteCurrent() }
            let mayGoOn = state.partition.rest(generation: generation)
            if !mayGoOn { state.current = nil }
            return mayGoOn
        }
    }

    private func waitToGoOn(_ generation: Int) async -> Bool {
        while true {
            switch decide(generation) {
            case .goOn: return true
            case .drop: return false
            case .wait: await wake.wait()
            }
        }
    }

    private func wake(at instant: ContinuousClock.Instant) async {
        // A cancelled task wakes whoever rests too: nobody else would.
        try? await Task.sleep(until: instant, clock: .continuous)
        wake.signal()
    }

    /// Sleeps until something changes.
    func sleep() async { await wake.wait() }

    /// Whoever had `batch` is done with it, or gives up the rest.
    func end(_ batch: ConsumedBatch, generation: Int, failed: Bool = false) {
        state.withLock { state in
            let next = countsWhenHandled ? batch.handledBefore : nil
            state.partition.end(handledBefore: next, generation: generation, failed: failed)
            if state.current === batch {
                state.current = nil
                state.done = batch.handledBefore ?? state.done
            }
            interrupted.store(state.partition.isInterrupted, ordering: .releasing)
        }
    }

    // MARK: What the consumer calls

    /// Whether a handler is in flight.
    var isHandling: Bool { state.withLock { $0.partition.isHandling } }

    /// How far the handler is that is in flight; `nil` if none is.
    var progress: Progress? {
        state.withLock { state in
            guard state.partition.isHandling, let batch = state.current else { return nil }
            let handled = batch.handled.load(ordering: .relaxed)
            let index = min(handled, batch.count - 1)
            return Progress(batch: ObjectIdentifier(batch), handled: handled, offset: batch.offset(index))
        }
    }

    /// The offset of the next record that is to begin, if anything was handed out since the assignment or a seek.
    var position: Int64? {
        state.withLock { state in
            guard let batch = state.current else { return state.position }
            return batch.handledBefore ?? batch.offset(0)
        }
    }

    /// Where reading was asked to begin, or to go on.
    var startOffset: StartOffset { state.withLock { $0.start } }

    /// How many records there are from that one on, as far as the last fetch told; `nil` while nothing was handed out.
    var lag: Int64? {
        state.withLock { state in
            guard let next = state.current.map({ $0.handledBefore ?? $0.offset(0) }) ?? state.position, state.end >= 0
            else { return nil }
            return max(state.end - next, 0)
        }
    }

    /// What is to be committed now, which counts as committed from here on; `nil` if nothing is.
    func takeUncommitted() -> Int64? {
        state.withLock { state in
            if countsWhenHandled { state.noteCurrent() }
            return state.partition.takeUncommitted()
        }
    }

    /// Whether there is something to be committed.
    var hasUncommitted: Bool {
        state.withLock { state in
            if countsWhenHandled { state.noteCurrent() }
            return state.partition.hasUncommitted
        }
    }

    /// Whether the partition was given away before all that counts was committed.
    var isLeftBehind: Bool { state.withLock { $0.partition.isLeftBehind } }

    /// That offset was not committed.
    func refused(_ offset: Int64) { state.withLock { $0.partition.refused(offset) } }

    /// All records before `next` count as handled, because the caller says so.
    ///
    /// - Parameters:
    ///   - next: The offset behind the record that he says it of.
    ///   - taken: When that was taken; `nil` where nobody knows.
    /// - Returns: Whether they count: not when the record was taken by an earlier reader, or before a seek.
    func note(handledBefore next: Int64, taken: Taking?) -> Bool {
        state.withLock { state in
            guard taken == nil || taken == taking(state.partition.generation) else { return false }
            state.partition.note(handledBefore: next, generation: state.partition.generation)
            return true
        }
    }

    private func taking(_ generation: Int) -> Taking {
        var taking = firstTaking
        taking.generation = generation
        return taking
    }

    /// All that was handled counts, because the caller says so.
    func noteHandled() {
        state.withLock { state in
            state.partition.note(handledBefore: state.done, generation: state.partition.generation)
            state.noteCurrent()
        }
    }

    /// Lets no handler begin any more; the one in flight goes on.
    func stop() { change { $0.partition.stop() } }

    /// Cancels the handler in flight.
    func cancel() { isOver.set(()) }

    /// Lets no record begin until `resume`.
    func pause() { change { $0.partition.pause() } }

    func resume() { change { $0.partition.resume() } }

    /// What was taken is void, and nothing is taken until `endSeek`.
    func beginSeek() {
        change { state in
            state.partition.beginSeek()
            state.current = nil
            state.position = nil
            state.done = nil
            // Reading may go on behind what could not be read.
            state.failure = nil
        }
    }

    /// Reading goes on there.
    func endSeek(at start: StartOffset) {
        change { state in
            state.partition.endSeek()
            state.start = start
            state.position = start.native >= 0 ? start.native : nil
        }
    }

    /// Reading goes on where it was.
    func cancelSeek(goingOnAt position: Int64?) {
        change { state in
            state.partition.endSeek()
            state.position = position
        }
    }

    /// Gives the queue back.
    ///
    /// What is still in flight doesn't count any more.
    ///
    /// - Returns: What is to be committed.
    @discardableResult
    func close() -> Int64? {
        let (next, isStarted) = state.withLock { state -> (Int64?, Bool) in
            if countsWhenHandled { state.noteCurrent() }
            let next = state.partition.takeUncommitted()
            // Under the lock, because whoever reads takes from the queue under it.
            if state.partition.close() { queue.destroy() }
            state.current = nil
            interrupted.store(true, ordering: .releasing)
            return (next, state.partition.isStarted)
        }
        wake.signal()
        if !isStarted { finished.set(()) }
        return next
    }

    private func change(_ body: (inout State) -> Void) {
        state.withLock { state in
            body(&state)
            interrupted.store(true, ordering: .releasing)
        }
        wake.signal()
    }
}
