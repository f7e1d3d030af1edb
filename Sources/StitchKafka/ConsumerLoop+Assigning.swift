// SPDX-License-Identifier: Apache-2.0

import CStitchRdkafka
import Dispatch
import StitchService
import Synchronization

/// How partitions come and go, each with its reader.
extension ConsumerLoop {
    func assign(_ partition: KafkaTopicPartition, from start: StartOffset = .committed) {
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

    func revoke(_ partitions: [KafkaTopicPartition], isLost: Bool) {
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
    func finish(_ readers: [PartitionReader], by deadline: ContinuousClock.Instant) {
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
}
