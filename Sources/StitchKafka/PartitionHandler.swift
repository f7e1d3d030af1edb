// SPDX-License-Identifier: Apache-2.0

import StitchService
import Synchronization

/// Hands the records of one partition to the handler: the task of a `PartitionReader`.
struct PartitionHandler: Sendable {
    /// What is told to the consumer.
    enum Report {
        case handled
        /// A handler was cancelled, or the rest isn't to be handled any more; those records come again.
        case givenBack
        case failed(KafkaError)
    }

    let reader: PartitionReader
    let handler: RecordHandler
    let report: @Sendable (Report) -> Void

    /// Works until the reader is stopped.
    ///
    /// Called once; tells each batch that was handled, and at most one failure.
    nonisolated(nonsending) func run() async {
        // Two readers of a partition would break its order.
        await reader.waitForPrevious()
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await handleRecords()
                reader.isOver.set(())
            }
            await reader.isOver.value
            group.cancelAll()
        }
        reader.finish()
    }

    nonisolated(nonsending) private func handleRecords() async {
        while true {
            switch reader.take() {
            case .batch(let batch, let generation):
                guard await handle(batch, generation) else { return }
            case .nothing: await reader.sleep()
            case .over: return
            case .failed(let error): return report(.failed(error))
            }
        }
    }

    /// `false` when the reader is at its end.
    nonisolated(nonsending) private func handle(_ batch: ConsumedBatch, _ generation: Int) async -> Bool {
        do {
            let isWhole = try await call(batch, generation)
            // Cancelled before it was told to stop: what comes after the rest isn't to be handled either.
            let isCancelled = !isWhole && Task.isCancelled
            reader.end(batch, generation: generation, failed: isCancelled)
            report(isWhole ? .handled : .givenBack)
            return !isCancelled
        } catch {
            reader.end(batch, generation: generation, failed: true)
            // Who was cancelled gives the record back, whatever it throws then.
            report(Task.isCancelled ? .givenBack : .failed(failure(error, batch)))
            return false
        }
    }

    /// Calls the handler for what was taken; `false` when the rest is not to be handled.
    nonisolated(nonsending) private func call(_ batch: ConsumedBatch, _ generation: Int) async throws -> Bool {
        switch handler.form {
        case .each(let handle):
            guard let policy = handler.policy else { return try await forEach(batch, generation, handle) }
            let work = work(generation) { records, _ in for record in records { try await handle(record) } }
            return try await forEach(batch, generation, policy, work)
        case .eachTry(let handle):
            guard let policy = handler.policy else {
                return try await forEach(batch, generation) { try await handle($0, .only) }
            }
            return try await forEach(batch, generation, policy, handle)
        case .eachAt(let place, let handle, let handleTry):
            guard let policy = handler.policy else {
                return try await forEach(batch, generation, at: place(), handle, handleTry)
            }
            return try await forEach(batch, generation, policy, handleTry)
        case .batches(_, let handle):
            guard await reader.mayGoOn(generation) else { return false }
            let records = (0..<batch.count).map { batch[$0] }
            if let policy = handler.policy {
                var work = work(generation, handle)
                work.handled = { batch.handled.store($0, ordering: .releasing) }
                guard try await run(policy, records, work) else { return false }
            } else {
                try await handle(records, .only)
            }
            batch.handled.store(batch.count, ordering: .releasing)
        case .sequence: break
        }
        return true
    }

    private func forEach(
        _ batch: ConsumedBatch,
        _ generation: Int,
        _ policy: any RecordPolicy,
        _ handle: @escaping RecordHandler.HandleTry
    ) async throws -> Bool {
        let work = work(generation) { records, attempt in
            for record in records { try await handle(record, attempt) }
        }
        return try await forEach(batch, generation, policy, work)
    }

    private func forEach(
        _ batch: ConsumedBatch,
        _ generation: Int,
        _ policy: any RecordPolicy,
        _ work: RecordWork
    ) async throws -> Bool {
        do {
            return try await forEach(batch, generation) { try await policy.run([$0], work) }
        } catch is RecordsGivenBack {
            return false
        }
    }

    /// `false` when the records are given back.
    private func run(
        _ policy: any RecordPolicy,
        _ records: [KafkaConsumedRecord],
        _ work: RecordWork
    ) async throws -> Bool {
        do {
            try await policy.run(records, work)
            return true
        } catch is RecordsGivenBack {
            return false
        }
    }

    private func work(_ generation: Int, _ handle: @escaping RecordWork.Handle) -> RecordWork {
        RecordWork(handle: handle) { [reader] duration throws(RecordsGivenBack) in
            guard await reader.rest(until: .now + duration, generation) else { throw RecordsGivenBack() }
        }
    }

    /// Inlined, so that a record costs one call and no more.
    @inline(__always)
    nonisolated(nonsending) private func forEach(
        _ batch: ConsumedBatch,
        _ generation: Int,
        _ body: RecordHandler.Handle
    ) async throws -> Bool {
        for index in 0..<batch.count {
            if reader.isInterrupted {
                guard await reader.mayGoOn(generation) else { return false }
            }
            batch.expectRecords(behind: index)
            try await body(batch[index])
            batch.handled.store(index + 1, ordering: .releasing)
        }
        return true
    }

    nonisolated(nonsending) private func forEach(
        _ batch: ConsumedBatch,
        _ generation: Int,
        at place: any RecordPlace,
        _ handle: RecordHandler.Handle,
        _ handleTry: RecordHandler.HandleTry
    ) async throws -> Bool {
        defer { place.leave() }
        for index in 0..<batch.count {
            if reader.isInterrupted {
                place.leave()
                guard await reader.mayGoOn(generation) else { return false }
            }
            batch.expectRecords(behind: index)
            let record = batch[index]
            defer { withExtendedLifetime(record) {} }
            if place.begin(record) {
                do { try await handle(record) } catch {
                    place.end(with: error)
                    throw error
                }
                place.end()
            } else {
                try await handleTry(record, .only)
            }
            batch.handled.store(index + 1, ordering: .releasing)
        }
        return true
    }

    private func failure(_ error: any Error, _ batch: ConsumedBatch) -> KafkaError {
        let place = batch.partition
        let first = batch.offset(min(batch.handled.load(ordering: .relaxed), batch.count - 1))
        let last = batch.offset(batch.count - 1)
        if let failure = error as? RecordMoveFailure { return failure.error }
        let isBatch = if case .batches = handler.form { first != last } else { false }
        let what = isBatch ? "records \(place)/\(first) to \(last)" : "record \(place)/\(first)"
        return KafkaError(
            .handler,
            "The handler of the \(what) threw, so the consumer stops there: it will get the same again",
            cause: error
        )
    }
}
