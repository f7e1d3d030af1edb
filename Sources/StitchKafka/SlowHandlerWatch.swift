// SPDX-License-Identifier: Apache-2.0

/// Decides when a handler is told to be slow, and when the consumer gives up on it.
///
/// Takes events, returns decisions; has no clock and no I/O.
struct SlowHandlerWatch<Progress: Equatable> {
    enum Finding: Equatable {
        /// No record was done for that long; told once for each time that it happens.
        case slow(KafkaTopicPartition, Progress, Duration)
        /// It took longer than it may.
        case overLimit(KafkaTopicPartition, Progress, Duration)
    }

    private struct Entry {
        var progress: Progress
        var since: ContinuousClock.Instant
        var isTold = false
    }

    private let slow: Duration
    private let limit: Duration?
    private var entries: [KafkaTopicPartition: Entry] = [:]

    /// - Parameters:
    ///   - slow: After what time without progress a handler is slow.
    ///   - limit: After what time it is over its limit; `nil` for never.
    init(slow: Duration, limit: Duration?) {
        self.slow = slow
        self.limit = limit
    }

    /// The partitions whose handlers are slow, in order.
    var slowPartitions: [KafkaTopicPartition] { entries.filter(\.value.isTold).keys.sorted() }

    /// Looks at the handlers that are in flight now; a partition that isn't among them has none.
    mutating func look(
        at handlers: [(partition: KafkaTopicPartition, progress: Progress)],
        now: ContinuousClock.Instant
    ) -> [Finding] {
        var findings: [Finding] = []
        var next: [KafkaTopicPartition: Entry] = [:]
        for (partition, progress) in handlers {
            var entry = entries[partition] ?? Entry(progress: progress, since: now)
            if entry.progress != progress { entry = Entry(progress: progress, since: now) }
            let time = entry.since.duration(to: now)
            if let limit, time >= limit {
                findings.append(.overLimit(partition, progress, time))
            } else if time >= slow, !entry.isTold {
                entry.isTold = true
                findings.append(.slow(partition, progress, time))
            }
            next[partition] = entry
        }
        entries = next
        return findings
    }
}
