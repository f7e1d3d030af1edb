// SPDX-License-Identifier: Apache-2.0

import CStitchRdkafka
import StitchService
import Synchronization

/// Hands the records of one partition to the handler, in order, for as long as the partition is ours.
///
/// Its task belongs to the consumer's `run()`; the consumer's thread stops and closes it.
final class PartitionReader: Sendable {
    /// What the reader tells its consumer.
    enum Report {
        case handled
        /// A handler was cancelled; its records come again.
        case givenBack
        case failed(KafkaError)
    }

    let partition: TopicPartition
    private let client: ConsumerClient
    private let queue: PartitionQueue
    private let wake: Wake
    private let handler: RecordHandler
    private let state = Mutex(PartitionState())
    /// What the one who had the partition before us may still have in flight.
    private let previous: Mutex<PartitionReader?>
    /// Set when the handler in flight is to be cancelled, and when there is none any more.
    private let isOver = OneTime<Void>()
    private let finished = OneTime<Void>()

    /// `nil` when librdkafka has no queue for the partition.
    init?(_ partition: TopicPartition, client: ConsumerClient, handler: RecordHandler, previous: PartitionReader?) {
        let wake = Wake()
        guard let queue = client.openQueue(partition, wake: wake) else { return nil }
        self.partition = partition
        self.client = client
        self.queue = queue
        self.wake = wake
        self.handler = handler
        self.previous = Mutex(previous)
    }

    /// Whether a handler is in flight.
    var isHandling: Bool { state.withLock { $0.isHandling } }

    /// The reader gets a task, which calls `read`.
    func start() { state.withLock { $0.start() } }

    /// Works until stopped.
    ///
    /// Called once; tells each batch that was handled, and at most one failure.
    func read(_ report: @escaping @Sendable (Report) -> Void) async {
        // Two readers of a partition would break its order.
        if let previous = previous.withLock({ $0.take() }) { await previous.finished.value }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [self] in
                await handleRecords(report)
                isOver.set(())
            }
            await isOver.value
            group.cancelAll()
        }
        finished.set(())
    }

    /// Lets no handler begin any more; the one in flight goes on.
    func stop() {
        state.withLock { $0.stop() }
        wake.signal()
    }

    /// Cancels the handler in flight.
    func cancel() { isOver.set(()) }

    /// Gives the queue back.
    ///
    /// What is still in flight doesn't count any more.
    func close() {
        let isStarted = state.withLock { state in
            // Under the lock, because the reader's task takes from the queue under it.
            if state.close() { queue.destroy() }
            return state.isStarted
        }
        wake.signal()
        if !isStarted { finished.set(()) }
    }

    private func handleRecords(_ report: (Report) -> Void) async {
        while let taken = take() {
            var rest = taken.records[...]
            while !rest.isEmpty {
                let records = rest.prefix(handler.handled)
                guard await handle(records, report) else { return }
                rest = rest.dropFirst(records.count)
            }
            if let code = taken.error {
                let error = KafkaError(native: code, "The partition \(partition) could not be read")
                guard !ErrorName.stopsConsumer(error.errorType) else { return report(.failed(error)) }
                Diagnostics.log(.warning, error.message)
            } else if taken.records.isEmpty {
                await wake.wait()
            }
        }
    }

    /// `nil` when no more may be taken.
    private func take() -> PartitionQueue.Taken? {
        state.withLock { $0.mayTake ? queue.take(upTo: handler.taken) : nil }
    }

    /// `false` when the reader is at its end.
    private func handle(_ records: ArraySlice<KafkaConsumedRecord>, _ report: (Report) -> Void) async -> Bool {
        guard let first = records.first, let last = records.last, state.withLock({ $0.begin() }) else { return false }
        var failure: (any Error)?
        do {
            try await handler(records)
        } catch {
            failure = error
        }
        let stored = state.withLock { state -> rd_kafka_resp_err_t? in
            // Under the lock, so that the partition can't be given away meanwhile.
            state.end(succeeded: failure == nil) ? client.store(last.offset + 1, of: partition) : nil
        }
        if let stored, !stored.isNone {
            Diagnostics.log(.warning, KafkaError(native: stored, "An offset of \(partition) was not stored").message)
        }
        // Who was cancelled gives the record back, whatever it throws then.
        if let failure, !Task.isCancelled {
            let what = records.count == 1 ? "record \(first.position)" : "records \(first.position) to \(last.offset)"
            report(
                .failed(
                    KafkaError(
                        .handler,
                        "The handler of the \(what) threw, so the consumer stops there: it will get the same again",
                        cause: failure
                    )
                )
            )
        } else {
            report(failure == nil ? .handled : .givenBack)
        }
        return failure == nil
    }
}
