// SPDX-License-Identifier: Apache-2.0

import Dispatch
public import StitchService
import Synchronization
public import TelemetryData
public import TraceContext
public import TraceFlow

/// Spans in a directory on disk, bounded by age and size.
///
/// **Contract.** It works from `init` on, and may be shared. One process writes to a directory at a time, which a lock
/// makes sure of; any number may read beside it (``init(reading:)``) and see whole commits. ``append(_:)-([SpanData])``
/// returns when the spans are committed: they outlive the death of the process, whenever it dies. ``run()`` applies age
/// and retention as time passes; without it they are applied whenever a partition is sealed. ``shutdown()`` closes the files.
///
/// A file that turns out to be damaged gets the ending `.damaged` and is left out: see ``damagedFiles``.
///
/// What is written is written on a thread of its own, and files are sealed and rules applied on others. Those who ask see
/// the whole commits up to a moment, on a few more threads: neither waits for the other.
public final class FileSpanStore: WritableSpanStore, Service {
    /// All conditions.
    public var searchable: Set<SearchCondition> { Set(SearchCondition.allCases) }

    /// The directory.
    public let directory: String

    private let thread = StoreThread()
    private let readers = ReaderThreads(limit: 4)
    private let maintenance: StoreMaintenance
    private let isReader: Bool
    private let waiting = Mutex(Waiting())
    private let stop = StopSignal()
    private let midway: (@Sendable () -> Void)?

    private struct Waiting {
        var appends: [(batch: PreparedBatch, continuation: CheckedContinuation<Void, any Error>)] = []
    }

    /// Opens a directory to write to it; blocks its thread until the index of the last spans is made.
    ///
    /// - Parameter configuration: Where and how.
    /// - Throws: ``StoreError``: the configuration is not possible, another process writes there, a newer version did, or
    ///   the directory can't be used.
    public convenience init(_ configuration: TraceStoreConfiguration) throws {
        try self.init(configuration, .writing, now: { .now })
    }

    /// Opens a directory to read what is there and what another process goes on to write.
    ///
    /// - Parameter directory: The directory.
    /// - Throws: ``StoreError``: there is no store, a newer version wrote it, or it can't be read.
    public convenience init(reading directory: String) throws {
        try self.init(TraceStoreConfiguration(directory: directory), .reading, now: { .now })
    }

    init(
        _ configuration: TraceStoreConfiguration,
        _ access: SQLiteDatabase.Access,
        now: @escaping @Sendable () -> Timestamp,
        midway: (@Sendable () -> Void)? = nil
    ) throws {
        try configuration.validate()
        directory = configuration.directory
        isReader = access == .reading
        self.midway = midway
        let maintenance = StoreMaintenance(thread, configuration)
        self.maintenance = maintenance
        let sealed: @Sendable () -> Void = { [weak thread, weak maintenance] in
            thread?.start { [weak thread] in try? thread?.perform { $0.continueSealing() } }
            maintenance?.start()
        }
        try thread.open { try StoreEngine(configuration, access, now: now, sealed: sealed) }
    }

    /// Keeps spans, in any order, again and again; when it returns, they are committed.
    ///
    /// Calls that come at the same time share a commit.
    public func append(_ spans: [SpanData]) async throws { try await append(PreparedBatch(spans)) }

    /// Keeps spans that a tracer has handed over, without making values of them where they are encoded.
    public func append(_ batch: SpanBatch) async throws {
        try await append(batch.encoded.map { PreparedBatch($0) } ?? PreparedBatch(batch.spans))
    }

    /// Keeps the spans of a received message, without making values of them; when it returns, they are committed.
    public func append(_ received: ReceivedSpans) async throws { try await append(received.batch) }

    private func append(_ batch: PreparedBatch) async throws {
        if batch.records.isEmpty { return }
        try await withCheckedThrowingContinuation { continuation in
            let isFirst = waiting.withLock { waiting in
                waiting.appends.append((batch, continuation))
                return waiting.appends.count == 1
            }
            if isFirst { commit() }
        }
    }

    /// Writes all that waits by then.
    private func commit() {
        thread.start { [self] in
            let appends = waiting.withLock { waiting in
                defer { waiting.appends = [] }
                return waiting.appends
            }
            let result = Result { try thread.perform { try $0.append(appends.map(\.batch)) } }
            for append in appends { append.continuation.resume(with: result) }
        }
    }

    /// All spans of these traces.
    public func spans(of traces: [TraceID]) async throws -> [SpanData] {
        try await answer { try $0.spans(of: traces) }
    }

    /// The links to spans of these traces.
    public func backLinks(to traces: [TraceID], limit: Int) async throws -> BackLinks {
        try await answer { try $0.backLinks(to: traces, limit: max(1, limit)) }
    }

    /// Joins flows from what is there at one moment, in one go on the thread that reads.
    public func flows(_ assembler: FlowAssembler) async throws -> Flows {
        let cancellation = Cancellation()
        return try await withTaskCancellationHandler {
            try await answer { try $0.flows(assembler, unless: cancellation) }
        } onCancel: {
            cancellation.set()
        }
    }

    /// The spans that meet a query's conditions, those that start last first.
    public func search(_ query: SpanQuery, limit: Int, after cursor: SearchCursor?) async throws -> SearchPage {
        try query.check(against: searchable)
        let limit = min(max(1, limit), 1_000_000)
        return try await answer { try $0.search(query, limit: limit, after: cursor) }
    }

    /// The traces whose ids begin with some digits, in the order of their ids.
    public func traces(withPrefix prefix: String, limit: Int) async throws -> [TraceID] {
        guard let range = TraceRange(prefix: prefix) else { return [] }
        return try await answer { try $0.traces(in: range, limit: max(1, limit)) }
    }

    /// Reads all spans that there are as it begins, partition after partition.
    public func read(_ body: ([SpanData]) async throws -> Void) async throws {
        var reading = StoreReading(try await answer { $0 })
        while true {
            let step = reading
            do {
                let (following, spans) = try await readers.run {
                    var step = step
                    let spans = try step.next()
                    return (step, spans)
                }
                guard let spans else { return }
                reading = following
                if !spans.isEmpty { try await body(spans) }
            } catch let damage as DamagedPartition {
                try await thread.work { $0.leaveOut(damage) }
                reading.skip()
            }
        }
    }

    /// Answers a question from what is committed, without the files that turn out to be damaged.
    private func answer<Result: Sendable>(_ body: @escaping @Sendable (StoreSnapshot) throws -> Result) async throws
        -> Result
    {
        var attempts = 0
        while true {
            do {
                return try await readers.run { [thread, isReader, midway] in
                    // Where the reader is already: going to another thread takes longer than the look at what is new.
                    if isReader { try thread.block { try $0.refresh() } }
                    var snapshot = try thread.snapshot()
                    snapshot.midway = midway
                    return try body(snapshot)
                }
            } catch let damage as DamagedPartition {
                try await thread.work { $0.leaveOut(damage) }
            } catch let error as StoreError where isReader && error.code == .unavailable && attempts < 3 {
                // The writer may have put another file in the place of one.
                attempts += 1
            }
        }
    }

    /// Seals the spans that are not yet sealed, applies the rules for what is kept, and returns when that is done.
    public func seal() async throws {
        let number = try await thread.work { engine in
            try engine.seal()
            return engine.partitions.open.last?.number ?? 0
        }
        await withCheckedContinuation { continuation in
            thread.start { [thread] in
                do {
                    try thread.perform { $0.sealingWaiters.append((number, { continuation.resume() })) }
                } catch {
                    continuation.resume()
                }
            }
        }
        await maintenance.runTelling()
    }

    /// Applies age, size and retention now.
    public func maintain() async throws {
        guard !isReader else { return }
        try await thread.work { try $0.sealIfOld() }
        try await maintenance.run()
    }

    /// How much is in it.
    public func statistics() async throws -> StoreStatistics {
        try await thread.work { engine in
            let (open, sealed) = (engine.partitions.open, engine.partitions.sealed)
            return StoreStatistics(
                openSpanCount: open.reduce(0) { $0 + $1.index.count - $1.superseded.count },
                sealedSpanCount: sealed.reduce(0) { $0 + $1.directory.rowCount - $1.superseded.count },
                sealedByteCount: engine.size,
                sealedPartitionCount: sealed.count,
                oldestStart: (open.compactMap(\.index.firstStart) + sealed.compactMap(\.firstStart)).min().map {
                    Timestamp(nanoseconds: $0)
                }
            )
        }
    }

    /// Files that could not be read and are left out, by name.
    public var damagedFiles: [String] {
        get async throws { try await thread.work { $0.damagedFiles } }
    }

    /// Applies age and retention once a minute, until the store is shut down or the task is cancelled.
    ///
    /// What goes wrong meanwhile is told to `Diagnostics` and tried again a minute later.
    public func run() async throws {
        while await stop.wait(.seconds(60)) {
            do {
                try await maintain()
            } catch let error as StoreError where error.code == .closed {
                return
            } catch {
                // It may go well the next time: a disk that was full, say.
                Diagnostics.log(.error, "\(directory): could not apply the rules for what is kept: \(error)")
            }
        }
    }

    /// Finishes what was begun and closes the files; whatever is asked later throws ``StoreError``, `closed`.
    ///
    /// What is being read is read to its end.
    public func shutdown() async {
        stop.set()
        _ = try? await thread.work { $0.finishSealing() }
        await maintenance.finish()
        await thread.close()
    }
}
