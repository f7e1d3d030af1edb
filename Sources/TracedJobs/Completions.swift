// SPDX-License-Identifier: Apache-2.0

import StitchPostgres
import StitchService
import Synchronization

/// Says to the database how attempts ended, all at once that have ended since it was last asked.
///
/// One statement is on its way at a time; what ends meanwhile waits for the next. It is bounded by what the worker holds,
/// which claims no more when it holds enough. A database that can't be reached is tried again, until the worker stops.
final class Completions: Sendable {
    private struct State {
        var pending: [EndedAttempt] = []
        /// Jobs to be given back when nothing is claimed any more.
        var givenBack: [EndedAttempt] = []
        var claimsHaveEnded = false
        var isClosed = false
        /// Whether nothing is said any more.
        var isOver = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let store: JobStore
    private let tally: JobTally
    private let heard: @Sendable ([EndedAttempt]) -> Void
    private let state = Mutex(State())

    // `heard` is called when the ends of attempts, all of one worker, were heard, or were given up.
    init(_ store: JobStore, _ tally: JobTally, heard: @escaping @Sendable ([EndedAttempt]) -> Void) {
        self.store = store
        self.tally = tally
        self.heard = heard
    }

    /// Hands an attempt over; one that comes when all is over is left to its lease, and to whoever rescues it.
    func add(_ ended: EndedAttempt) {
        let (isOver, waiter) = state.withLock { state in
            if !state.isOver { state.pending.append(ended) }
            defer { state.waiter = nil }
            return (state.isOver, state.waiter)
        }
        waiter?.resume()
        if isOver { ended.endSpans(wasTaken: true) }
    }

    /// Hands over an attempt of a worker that stops.
    ///
    /// A job that is given back waits for the last claim, which would get it again.
    func addStopped(_ ended: EndedAttempt) {
        let waits = state.withLock { state in
            guard ended.verdict.givesBack, !state.claimsHaveEnded else { return false }
            state.givenBack.append(ended)
            return true
        }
        if !waits { add(ended) }
    }

    /// Nothing is claimed any more.
    func claimsEnded() {
        let waiter = state.withLock { state in
            state.claimsHaveEnded = true
            state.pending += state.givenBack
            state.givenBack = []
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    /// Nothing comes any more.
    func close() {
        let waiter = state.withLock { state in
            state.isClosed = true
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    /// Works until it is closed and all has been said.
    ///
    /// Not cut short by cancellation.
    func run() async {
        while true {
            let (ends, isOver) = state.withLock { state in
                defer { state.pending = [] }
                state.isOver = state.isClosed && state.pending.isEmpty
                return (state.pending, state.isOver)
            }
            if ends.isEmpty {
                if isOver { return }
                await something()
            } else {
                await say(ends)
            }
        }
    }

    /// Says what has ended so far.
    func flush() async {
        let ends = state.withLock { state in
            defer { state.pending = [] }
            return state.pending
        }
        await say(ends)
    }

    private func something() async {
        await withCheckedContinuation { continuation in
            let goesOn = state.withLock { state in
                guard state.pending.isEmpty, !state.isClosed else { return true }
                state.waiter = continuation
                return false
            }
            if goesOn { continuation.resume() }
        }
    }

    private func say(_ ends: [EndedAttempt]) async {
        guard let first = ends.first else { return }
        // One worker's as a rule; another's after it was given up and has registered anew.
        guard ends.allSatisfy({ $0.place.worker == first.place.worker }) else {
            for ends in Dictionary(grouping: ends, by: \.place.worker).values { await say(ends) }
            return
        }
        let plain = ends.filter(\.isPlainSuccess)
        if !plain.isEmpty { await complete(plain, first.place.worker) }
        guard plain.count < ends.count else { return }
        await settle(ends.filter { !$0.isPlainSuccess }, first.place.worker)
    }

    private func complete(_ ends: [EndedAttempt], _ worker: Int64) async {
        var batch = CompletionBatch(worker: worker)
        for ended in ends { batch.add(ended.place) }
        let outcome = await trying(ends) { () async throws(JobError) in try await self.store.complete(batch) }
        await tell(ends, outcome) { $0.contains($1.place.receipt) }
    }

    private func settle(_ ends: [EndedAttempt], _ worker: Int64) async {
        let outcome = await trying(ends) { () async throws(JobError) in
            try await self.store.settle(ends, worker: worker)
        }
        if case .success(let answer) = outcome {
            for ended in ends where answer.value[ended.place] == "dead" { ended.unknown?.tellOfUnknownKind() }
        }
        await tell(ends, outcome) { $0[$1.place] != nil }
    }

    /// The answer, and whether it is that of another try: then the first may have had the effect that this one hadn't.
    private func trying<Value>(
        _ ends: [EndedAttempt],
        _ statement: () async throws(JobError) -> Value
    ) async -> Result<(value: Value, isRepeated: Bool), JobError> {
        var tries = 0
        while true {
            do throws(JobError) {
                let value = try await statement()
                tally.unblock(.completions)
                return .success((value, tries > 0))
            } catch {
                tries += 1
                tally.block(.completions, error.message)
                let isClosed = state.withLock { $0.isClosed }
                // After the end of the worker its lease runs out, and its jobs are rescued.
                guard error.isRetryable || error.isTimeOut, tries < (isClosed ? 3 : 1000) else {
                    return .failure(error)
                }
                Diagnostics.log(
                    .warning,
                    "The ends of \(ends.count) attempts could not be written, trying again: \(error)"
                )
                // In a task that nobody cancels.
                let delay = Duration.milliseconds(min(50 * tries, 2000))
                await Task<Void, Never> { try? await Task.sleep(for: delay) }.value
            }
        }
    }

    /// Whether what was said of each had an effect: of what was said twice, also where the first time had it, and the answer
    /// was lost.
    private func hadEffect<Value>(
        _ ends: [EndedAttempt],
        _ answer: (value: Value, isRepeated: Bool),
        isHeld: (Value, EndedAttempt) -> Bool
    ) async -> [Bool] {
        let wereHeld = ends.map { isHeld(answer.value, $0) }
        let others = zip(ends, wereHeld).filter { !$1 }.map(\.0)
        guard answer.isRepeated, let worker = others.first?.place.worker else { return wereHeld }
        let asked = await trying(others) { () async throws(JobError) in
            try await self.store.written(others, worker: worker)
        }
        // A span twice is better than none.
        guard case .success(let written) = asked else { return ends.map { _ in true } }
        return zip(ends, wereHeld).map { $1 || written.value.contains($0.place) }
    }

    /// Tells what came of saying it; `isHeld` says whether the worker still held a job.
    private func tell<Value>(
        _ ends: [EndedAttempt],
        _ outcome: Result<(value: Value, isRepeated: Bool), JobError>,
        isHeld: (Value, EndedAttempt) -> Bool
    ) async {
        switch outcome {
        case .success(let answer):
            let wereHeld = await hadEffect(ends, answer, isHeld: isHeld)
            tally.count(ends, wereHeld: wereHeld)
            let isGivenUp = wereHeld.contains(false) ? await isGivenUp(ends.first?.place.worker) : false
            for (ended, wasHeld) in zip(ends, wereHeld) {
                ended.endSpans(wasTaken: !wasHeld && isGivenUp)
                guard !wasHeld else { continue }
                Diagnostics.log(
                    .warning,
                    "Worker \(ended.place.worker) no longer had job \(ended.jobID) when its attempt ended, since "
                        + (isGivenUp ? "it was given up" : "the server had lost its claim") + "; nothing was changed"
                )
            }
        case .failure(let error):
            // The lease will run out, and the jobs will be tried again: delivery is at least once.
            for ended in ends {
                Diagnostics.log(.error, "Job \(ended.jobID) could not be completed: \(error)")
                // It may be given back yet as the worker leaves, which nobody else tells of.
                ended.span?.end()
                ended.settlement?.fail(error, type: error.code.description)
            }
        }
        heard(ends)
    }

    /// Whether the jobs of a worker went to others, who tell of its attempts; not if a crash of the server took its claim.
    private func isGivenUp(_ worker: Int64?) async -> Bool {
        guard let worker else { return false }
        do { return try await store.beat(worker, holding: .init(held: [], latest: 0)) == nil } catch { return false }
    }
}

extension JobError {
    /// Whether the statement took too long: what it says is fenced, so that it may be said again.
    fileprivate var isTimeOut: Bool { (cause as? PostgresError)?.code == .timedOut }
}
