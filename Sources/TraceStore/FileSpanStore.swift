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
/// All work is done on a thread of its own, one piece after another: a long search keeps others waiting.
public final class FileSpanStore: WritableSpanStore, Service {
    /// All conditions.
    public var searchable: Set<SearchCondition> { Set(SearchCondition.allCases) }

    /// The directory.
    public let directory: String

    private let queue: DispatchQueue
    private let box: EngineBox
    private let waiting = Mutex(Waiting())
    private let stop = StopSignal()

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
        now: @escaping @Sendable () -> Timestamp
    ) throws {
        try configuration.validate()
        directory = configuration.directory
        queue = DispatchQueue(label: "stitch-store")
        let box = EngineBox()
        self.box = box
        try queue.sync { box.engine = try StoreEngine(configuration, access, now: now) }
    }

    /// Keeps spans, in any order, again and again; when it returns, they are committed.
    ///
    /// Calls that come at the same time share a commit.
    public func append(_ spans: [SpanData]) async throws { try await append(PreparedBatch(spans)) }

    /// Keeps spans that a tracer has handed over, without making values of them where they are encoded.
    public func append(_ batch: SpanBatch) async throws {
        try await append(batch.encoded.map { PreparedBatch($0) } ?? PreparedBatch(batch.spans))
    }

    private func append(_ batch: PreparedBatch) async throws {
        if batch.records.isEmpty { return }
        try await withCheckedThrowingContinuation { continuation in
            let isFirst = waiting.withLock { waiting in
                waiting.appends.append((batch, continuation))
                return waiting.appends.count == 1
            }
            if isFirst { queue.async { [self] in commit() } }
        }
    }

    /// Writes all that waits; on the queue.
    private func commit() {
        let appends = waiting.withLock { waiting in
            defer { waiting.appends = [] }
            return waiting.appends
        }
        let result = Result { try box.get().append(appends.map(\.batch)) }
        for append in appends { append.continuation.resume(with: result) }
    }

    /// All spans of these traces.
    public func spans(of traces: [TraceID]) async throws -> [SpanData] {
        try await work { engine in try engine.answer { try engine.spans(of: traces) } }
    }

    /// The links to spans of these traces.
    public func backLinks(to traces: [TraceID], limit: Int) async throws -> BackLinks {
        try await work { engine in try engine.answer { try engine.backLinks(to: traces, limit: max(1, limit)) } }
    }

    /// The spans that meet a query's conditions, those that start last first.
    public func search(_ query: SpanQuery, limit: Int, after cursor: SearchCursor?) async throws -> SearchPage {
        try query.check(against: searchable)
        let limit = min(max(1, limit), 1_000_000)
        return try await work { engine in try engine.answer { try engine.search(query, limit: limit, after: cursor) } }
    }

    /// Reads all spans, partition after partition.
    public func read(_ body: ([SpanData]) async throws -> Void) async throws {
        var position: ReadPosition? = try await work { try $0.firstPosition() }
        while let next = position {
            let (spans, following) = try await work { engine in try engine.answer { try engine.read(at: next) } }
            if !spans.isEmpty { try await body(spans) }
            position = following
        }
    }

    /// Seals the spans that are not yet sealed, and returns when that is done.
    public func seal() async throws {
        try await work { engine in
            try engine.seal()
            engine.finishSealing()
        }
    }

    /// Applies age, size and retention now.
    public func maintain() async throws {
        try await work { engine in
            try engine.sealIfOld()
            if engine.sealing?.isDone == true { engine.finishSealing() }
            try engine.maintain()
        }
    }

    /// How much is in it.
    public func statistics() async throws -> StoreStatistics {
        try await work { engine in
            let (open, sealed) = (engine.partitions.open, engine.partitions.sealed)
            return StoreStatistics(
                openSpanCount: open.reduce(0) { $0 + $1.index.count - $1.superseded.count },
                sealedSpanCount: sealed.reduce(0) { $0 + $1.directory.rowCount - $1.superseded.count },
                sealedByteCount: engine.size,
                sealedPartitionCount: sealed.count
            )
        }
    }

    /// Files that could not be read and are left out, by name.
    public var damagedFiles: [String] {
        get async throws { try await work { $0.damagedFiles } }
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
    public func shutdown() async {
        stop.set()
        _ = try? await work { engine in engine.finishSealing() }
        await withCheckedContinuation { continuation in
            queue.async { [box] in
                box.engine = nil
                continuation.resume()
            }
        }
    }

    /// Does something on the store's thread.
    private func work<Result: Sendable>(_ body: @escaping @Sendable (StoreEngine) throws -> Result) async throws
        -> Result
    {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { [box] in
                continuation.resume(with: Swift.Result { try body(box.get()) })
            }
        }
    }
}

/// Holds the engine; `@unchecked Sendable` because it is touched on the store's queue alone.
private final class EngineBox: @unchecked Sendable {
    var engine: StoreEngine?

    func get() throws(StoreError) -> StoreEngine {
        guard let engine else { throw StoreError(.closed, "can't use the store: it was shut down") }
        return engine
    }
}
