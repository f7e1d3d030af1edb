// SPDX-License-Identifier: Apache-2.0

public import Foundation
import StitchService
import TelemetryAPI
public import TelemetryData

/// Collects finished spans and exports them in batches, on a thread of its own.
///
/// Whoever ends a span copies its bytes and goes on, without a lock that others could hold for long. When too much waits,
/// further spans are dropped and counted, unless told to wait. The thread starts with the processor and ends with
/// ``shutdown(timeout:)``.
///
/// **Memory.** What waits is bounded by 8 MiB of encoded spans, about twenty thousand of usual size, or by exactly `capacity`
/// spans; blocks of 64 KiB are allocated as they are needed and kept. The batch that is being exported comes on top.
public final class BatchSpanProcessor: SpanProcessor {
    let queue: SpanQueue
    private let exporter: any SpanExporter

    /// How many bytes of spans may wait unless their number is limited.
    public static let defaultByteCapacity = 8 << 20

    /// A processor that exports at once.
    ///
    /// - Parameters:
    ///   - exporter: Delivers the spans.
    ///   - capacity: How many spans may wait, from 1; `nil` for ``defaultByteCapacity`` bytes of them, which is quicker.
    ///   - batchSize: How many spans are exported at a time at most, from 1 to `capacity`.
    ///   - delay: How long the first span of a batch waits for more to come, in seconds.
    ///   - whenFull: What whoever ends a span does when too many wait.
    public init(
        exporter: any SpanExporter,
        capacity: Int? = nil,
        batchSize: Int = 512,
        delay: TimeInterval = 5,
        whenFull: FullQueue = .drop
    ) {
        let capacity = capacity.map { max(1, $0) }
        let queue = SpanQueue(
            bound: capacity.map { .spans($0) } ?? .bytes(Self.defaultByteCapacity),
            batchSize: min(max(1, batchSize), capacity ?? .max),
            delay: delay,
            whenFull: whenFull
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
        var writer = ProtobufWriter()
        writer.write(contentOf: span)
        let source = source(of: span.resource, span.scope)
        writer.buffer.withUnsafeBytes { queue.add($0, of: source) }
    }

    /// Under what spans of a resource and a scope are handed over.
    func source(of resource: Resource, _ scope: InstrumentationScope) -> SpanSource {
        queue.condition.withLock {
            let known = queue.sources.lastIndex { $0.scope == scope && $0.resource == resource }
            if let known { return SpanSource(index: UInt32(known)) }
            queue.sources.append((resource, scope))
            return SpanSource(index: UInt32(queue.sources.count - 1))
        }
    }

    /// What became of the spans so far.
    public var counts: SpanCounts { queue.counts }

    /// What became of the spans so far, with what a tracer that hands its spans over here knows of their beginning.
    public func statistics(with tracer: SDKTracer? = nil) -> SpanStatistics {
        let capacity: Int? = if case .spans(let capacity) = queue.bound { capacity } else { nil }
        var statistics = SpanStatistics(queue.counts, capacity: capacity)
        statistics.dropped = queue.drops
        if let started = tracer?.startedCounts {
            (statistics.sampled, statistics.unsampled) = (started.sampled, started.unsampled)
        }
        return statistics
    }

    /// Exports what has ended before without waiting for more; returns at once.
    public func exportSoon() { queue.exportSoon() }

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
        if isFirst { withTracer(NoOpTracer()) { exporter.shutdown() } }
        return isInTime
    }
}
