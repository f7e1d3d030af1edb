// SPDX-License-Identifier: Apache-2.0

import Dispatch
import StitchService
import TelemetryData

/// Applies the rules for what is kept, on a thread of its own.
///
/// It looks at a snapshot and writes new files beside the old ones. Only what puts these in place is done on the store's
/// thread, so that no commit waits for more.
final class StoreMaintenance: Sendable {
    private let queue = DispatchQueue(label: "stitch-store-maintenance", qos: .utility)
    private let thread: StoreThread
    private let configuration: TraceStoreConfiguration

    init(_ thread: StoreThread, _ configuration: TraceStoreConfiguration) {
        (self.thread, self.configuration) = (thread, configuration)
    }

    /// Drops what is too old or too much, and applies the rules of retention to what has become old enough.
    ///
    /// A file that turns out to be damaged is left out, and the rest goes on.
    func run() async throws {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result { try self.apply() }) }
        }
    }

    /// The same as ``run()``, where nobody waits for it.
    func start() {
        queue.async { self.applyTelling() }
    }

    /// Waits for what is under way.
    func finish() async {
        await withCheckedContinuation { continuation in queue.async { continuation.resume() } }
    }

    /// The same as ``run()``, where what goes wrong is told rather than thrown: it may go well the next time.
    func runTelling() async {
        await withCheckedContinuation { continuation in
            queue.async {
                self.applyTelling()
                continuation.resume()
            }
        }
    }

    private func applyTelling() {
        do {
            try apply()
        } catch let error as StoreError where error.code == .closed {
            // There is nobody to tell.
        } catch {
            Diagnostics.log(
                .error,
                "\(configuration.directory): could not apply the rules for what is kept; they are applied again later: \(error)"
            )
        }
    }

    private func apply() throws {
        while true {
            do {
                return try applyRules()
            } catch let damage as DamagedPartition {
                try thread.block { $0.leaveOut(damage) }
            }
        }
    }

    private func applyRules() throws {
        if let maximumAge = configuration.maximumAge { try thread.block { try $0.drop(olderThan: maximumAge) } }
        if let rules = configuration.retention {
            let (due, snapshot) = try thread.block { ($0.dueForThinning(rules), $0.partitions.snapshot) }
            if !due.isEmpty {
                let kept = try FlowGraph(snapshot).kept(by: rules)
                for number in due { try thin(number, keeping: kept) }
            }
        }
        if configuration.maximumSize != nil {
            // The last one stays, for flows in it may go on in what is not sealed yet.
            while let snapshot = try thread.block({ $0.snapshotIfTooLarge() }) { try dropOldest(snapshot) }
        }
    }

    /// Writes a partition anew with what stays of it.
    private func thin(_ number: Int64, keeping kept: Set<UInt32>) throws {
        let snapshot = try thread.snapshot()
        guard let old = snapshot.sealed.first(where: { $0.partition.number == number }) else { return }
        var rewriting = try PartitionRewriting([old], in: snapshot, isThinned: true) { kept.contains($1) }
        try finish(&rewriting)
    }

    /// Drops the oldest partition, but for spans whose flow goes on in a newer one: these move there, so that the flow
    /// stays whole and goes as a whole.
    ///
    /// Where such flows have become most of the store they go nevertheless, as far as they are in the oldest partition: more
    /// than may be is not kept for any flow's sake.
    private func dropOldest(_ snapshot: StoreSnapshot) throws {
        let (oldest, next) = (snapshot.sealed[0], snapshot.sealed[1])
        let size = oldest.partition.size
        // The first generation is what was sealed; what moves there makes another.
        if let most = configuration.maximumSize, oldest.partition.generation > 0, size > most / 2,
            size / 2 > next.partition.size
        {
            try thread.block { try $0.drop(oldest.partition) }
            return Diagnostics.log(
                .warning,
                "\(configuration.directory): flows that go on and on took up most of \(most) bytes; their oldest spans were "
                    + "dropped; a larger maximumSize, or TraceRetention, keeps more of them"
            )
        }
        var newer: Set<UInt32> = []
        for sealed in snapshot.sealed.dropFirst() {
            for trace in try snapshot.ask(sealed, { try $0.traces() }) { newer.insert(trace.id.linkHash) }
        }
        for open in snapshot.open {
            open.forEachTrace({ id, _ in newer.insert(id.linkHash) }, cause: { _, _ in })
        }
        let staying = try FlowGraph(snapshot).flows(with: newer)
        var rewriting = try PartitionRewriting([oldest, next], in: snapshot, isThinned: nil) { partition, trace in
            partition === next.partition || staying.contains(trace)
        }
        if rewriting.lacksFirst {
            try thread.block { try $0.drop(oldest.partition) }
        } else {
            try finish(&rewriting)
        }
    }

    private func finish(_ rewriting: inout PartitionRewriting) throws {
        try rewriting.write(to: StoreDirectory(path: configuration.directory))
        let finished = rewriting
        try thread.block { try $0.adopt(finished) }
    }
}
