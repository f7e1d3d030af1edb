// SPDX-License-Identifier: Apache-2.0

/// What became of the spans that a batch processor took in, and what is to be exported when.
///
/// Pure.
struct SpanAccounts {
    /// How many spans are exported at a time.
    let batchSize: Int

    /// How many wait in whole blocks.
    private(set) var waiting = 0

    /// How many are being exported.
    private(set) var exporting = 0

    private(set) var exported = 0
    private(set) var failed = 0

    /// How many were taken in, but dropped in the end.
    private(set) var abandoned = 0

    /// Up to which span, counted as they came in, somebody wants everything exported without delay.
    private var wanted = 0
    private var reportedDrops = 0

    init(batchSize: Int) {
        self.batchSize = batchSize
    }

    /// How many spans came in, whatever became of them.
    var taken: Int { settled + exporting + waiting }

    /// How many of those nobody has to wait for any more; they settle in the order in which they came.
    var settled: Int { exported + failed + abandoned }

    /// Whether what waits should go out at once.
    var isDue: Bool { waiting >= batchSize || wanted > settled && waiting > 0 }

    /// So many spans came in.
    mutating func add(_ count: Int) { waiting += count }

    /// Wants all that came in so far to be exported without delay.
    ///
    /// - Returns: What ``settled`` reaches when it is.
    mutating func want() -> Int {
        wanted = max(wanted, taken)
        return taken
    }

    /// Gives what waits, at most a batch, to be exported.
    ///
    /// - Returns: How many.
    mutating func takeBatch() -> Int {
        exporting = min(waiting, batchSize)
        waiting -= exporting
        return exporting
    }

    /// The batch under way has been exported, but for some of its spans.
    ///
    /// Without effect once it was given up.
    mutating func exported(lost: Int) {
        let lost = min(max(lost, 0), exporting)
        failed += lost
        exported += exporting - lost
        exporting = 0
    }

    /// Gives up what waits and what is being exported: there is no time left.
    mutating func abandon() {
        abandoned += waiting
        waiting = 0
        exported(lost: exporting)
    }

    /// How many spans were dropped so far, if that has at least doubled since it was told last, or `isLast` asks for what
    /// hasn't been told yet; otherwise `nil`.
    mutating func dropsToReport(_ dropped: Int, isLast: Bool = false) -> Int? {
        guard dropped > reportedDrops, isLast || dropped >= 2 * reportedDrops else { return nil }
        reportedDrops = dropped
        return dropped
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
