// SPDX-License-Identifier: Apache-2.0

public import Foundation
public import TelemetryData

/// Collects finished spans and exports them in batches, on a thread of its own.
///
/// Whoever ends a span never waits: when `capacity` spans are waiting, further ones are dropped and counted. The thread
/// starts with the processor and ends with ``shutdown(timeout:)``.
public final class BatchSpanProcessor: SpanProcessor {
    private let queue: SharedBatchQueue
    private let exporter: any SpanExporter

    /// A processor that exports at once.
    ///
    /// - Parameters:
    ///   - exporter: Delivers the spans.
    ///   - capacity: How many spans may wait, from 1.
    ///   - batchSize: How many spans are exported at a time, from 1 to `capacity`.
    ///   - delay: How long the first span of a batch waits for more to come, in seconds.
    public init(exporter: any SpanExporter, capacity: Int = 2048, batchSize: Int = 512, delay: TimeInterval = 5) {
        let capacity = max(1, capacity)
        let queue = SharedBatchQueue(
            BatchQueue(capacity: capacity, batchSize: min(max(1, batchSize), capacity)),
            delay: delay
        )
        self.queue = queue
        self.exporter = exporter
        // The thread holds the queue and the exporter, not the processor.
        let thread = Thread { queue.drain(into: exporter) }
        thread.name = "stitch-spans"
        thread.start()
    }

    /// Takes a finished span.
    public func ended(_ span: SpanData) {
        queue.add(span)
    }

    /// What became of the spans so far.
    public var counts: SpanCounts { queue.counts }

    /// Returns when everything that has ended before has been exported, or could not be, or when the time is over.
    ///
    /// Blocks its thread.
    ///
    /// - Parameter timeout: How long it may take.
    /// - Returns: Whether it was done in time; if not, it goes on.
    @discardableResult
    public func flush(timeout: Duration = .seconds(30)) -> Bool {
        queue.flush(timeout: timeout / .seconds(1))
    }

    /// Exports what waits, ends the thread and shuts the exporter down.
    ///
    /// Spans that end later are dropped and counted. When the time is over, spans that wait are dropped, those that are
    /// being exported count as failed, whatever may still become of them, and the exporter is shut down meanwhile, which
    /// makes it end soon. Blocks its thread.
    ///
    /// - Parameter timeout: How long it may take.
    /// - Returns: Whether it was done in time.
    @discardableResult
    public func shutdown(timeout: Duration = .seconds(30)) -> Bool {
        let (isFirst, isInTime) = queue.close(timeout: timeout / .seconds(1))
        if isFirst { exporter.shutdown() }
        return isInTime
    }
}
