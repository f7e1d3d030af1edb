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

    /// How many spans are being exported.
    private(set) var exporting = 0
    /// Up to which span, counted as they came in, somebody wants everything exported without delay.
    private var wanted = 0
    /// How many spans were taken in, but dropped in the end.
    private var abandoned = 0
    private var reportedDrops = 0

    init(capacity: Int, batchSize: Int) {
        self.capacity = capacity
        self.batchSize = batchSize
    }

    /// How many spans were taken in, whatever became of them.
    var taken: Int { settled + exporting + waiting.count }

    /// How many of those taken in nobody has to wait for any more; they settle in the order in which they came.
    var settled: Int { counts.exported + counts.failed + abandoned }

    /// Whether what waits should go out at once.
    var isDue: Bool { waiting.count >= batchSize || wanted > settled }

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

    /// Wants all that was taken in to be exported without delay.
    ///
    /// - Returns: What ``settled`` reaches when it is.
    mutating func want() -> Int {
        wanted = max(wanted, taken)
        return taken
    }

    /// Gives what waits, at most a batch, to be exported.
    mutating func takeBatch() -> [SpanData] {
        let batch = Array(waiting.prefix(batchSize))
        waiting.removeFirst(batch.count)
        exporting = batch.count
        return batch
    }

    /// The batch under way has been exported, but for some of its spans.
    ///
    /// Without effect once it was given up.
    mutating func exported(lost: Int) {
        let lost = min(max(lost, 0), exporting)
        counts.failed += lost
        counts.exported += exporting - lost
        exporting = 0
    }

    /// Gives up what waits and what is being exported: there is no time left.
    mutating func abandon() {
        counts.dropped += waiting.count
        abandoned += waiting.count
        waiting = []
        exported(lost: exporting)
    }

    /// How many spans were dropped so far, if that has at least doubled since it was told last, or `isLast` asks for what
    /// hasn't been told yet; otherwise `nil`.
    mutating func dropsToReport(isLast: Bool = false) -> Int? {
        guard counts.dropped > reportedDrops, isLast || counts.dropped >= 2 * reportedDrops else { return nil }
        reportedDrops = counts.dropped
        return reportedDrops
    }
}

/// What became of the spans of a process.
///
/// `ended` is the sum of the others once nothing waits and nothing is being exported.
public struct SpanCounts: Sendable, Hashable {
    /// So many of each.
    ///
    /// For tests and for processors of one's own.
    public init(ended: Int = 0, exported: Int = 0, dropped: Int = 0, failed: Int = 0) {
        self.ended = ended
        self.exported = exported
        self.dropped = dropped
        self.failed = failed
    }

    /// Recorded spans that have ended.
    public internal(set) var ended = 0

    /// Spans that an exporter has delivered.
    public internal(set) var exported = 0

    /// Spans that were dropped because too many waited, or because they waited longer than a shutdown may.
    public internal(set) var dropped = 0

    /// Spans that the exporter could not deliver.
    public internal(set) var failed = 0
}
