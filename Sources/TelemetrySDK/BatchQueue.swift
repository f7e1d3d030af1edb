// SPDX-License-Identifier: Apache-2.0

import TelemetryData

/// Finished spans that wait for their export, bounded; what doesn't fit is dropped and counted.
///
/// Pure.
struct BatchQueue {
    private(set) var waiting: [SpanData] = []
    private(set) var counts = SpanCounts()
    let capacity: Int
    let batchSize: Int

    /// Takes a span; says whether a whole batch waits now.
    mutating func add(_ span: SpanData) -> Bool {
        counts.ended += 1
        guard waiting.count < capacity else {
            counts.dropped += 1
            return false
        }
        waiting.append(span)
        return waiting.count >= batchSize
    }

    /// Drops a span that came too late; never makes a batch.
    mutating func refuse() -> Bool {
        counts.ended += 1
        counts.dropped += 1
        return false
    }

    /// Gives what waits, at most a batch.
    mutating func takeBatch() -> [SpanData] {
        let batch = Array(waiting.prefix(batchSize))
        waiting.removeFirst(batch.count)
        return batch
    }

    mutating func exported(_ count: Int, failed: Bool) {
        if failed { counts.failed += count } else { counts.exported += count }
    }
}

/// What became of the spans of a process.
///
/// `ended` is the sum of the others once nothing waits.
public struct SpanCounts: Sendable, Hashable {
    /// Nothing so far.
    public init() {}

    /// Recorded spans that have ended.
    public internal(set) var ended = 0

    /// Spans that an exporter has delivered.
    public internal(set) var exported = 0

    /// Spans that were dropped because too many waited.
    public internal(set) var dropped = 0

    /// Spans that the exporter could not deliver.
    public internal(set) var failed = 0
}
