// SPDX-License-Identifier: Apache-2.0

import StitchService
import Synchronization
import TelemetryAPI

/// What a worker has done, counted by all of its attempts.
final class JobTally: Sendable {
    /// What asks the database, each by itself: none says that another is well again.
    enum Part: CaseIterable, Sendable { case claims, completions, heart, rescue, maintenance }

    private struct State {
        var counts = JobCounts()
        var lastProgress: ContinuousClock.Instant?
        var blockers: [Part: String] = [:]
    }

    private let state = Mutex(State())

    var counts: JobCounts { state.withLock { $0.counts } }

    /// How the worker is, given the jobs whose handlers were told to stop, and ignore that.
    func health(ignoring jobs: [JobID]) -> ServiceHealth {
        state.withLock { state in
            var blockers = Part.allCases.compactMap { state.blockers[$0] }
            if !jobs.isEmpty {
                let numbers = jobs.map(\.rawValue).sorted().map { String($0) }.joined(separator: ", ")
                blockers.append("The handlers of jobs \(numbers) ignore cancellation, and keep their places")
            }
            return ServiceHealth(
                lastProgress: state.lastProgress,
                blocker: blockers.isEmpty ? nil : blockers.joined(separator: "; ")
            )
        }
    }

    /// Why a part can't ask.
    func block(_ part: Part, _ reason: String) { state.withLock { $0.blockers[part] = reason } }

    /// A part was answered.
    func unblock(_ part: Part) { state.withLock { $0.blockers[part] = nil } }

    func countRescued(_ number: Int) { state.withLock { $0.counts.rescued += number } }

    /// Counts attempts that ended, and whose end did not come too late.
    func count(_ ends: [EndedAttempt], wereHeld: [Bool]) {
        var counts = JobCounts()
        for (ended, wasHeld) in zip(ends, wereHeld) { counts.add(wasHeld ? ended.verdict : nil) }
        if counts.stale > 0 { TelemetrySystem.meter.counter(JobMetrics.stale).add(counts.stale) }
        state.withLock { state in
            state.lastProgress = .now
            state.counts.add(counts)
        }
    }
}

extension JobCounts {
    /// Counts an attempt that ended; `nil` for one whose end came too late.
    fileprivate mutating func add(_ verdict: AttemptVerdict?) {
        switch verdict?.outcome {
        case nil: stale += 1
        case .unstarted where verdict?.state == .cancelled, .returned where verdict?.state == .cancelled: steered += 1
        case .succeeded: succeeded += 1
        case .failed: failed += 1
        case .returned, .unstarted: returned += 1
        case .snoozed, .cancelled, .discarded: steered += 1
        case .left: break
        }
    }

    fileprivate mutating func add(_ other: JobCounts) {
        succeeded += other.succeeded
        failed += other.failed
        returned += other.returned
        steered += other.steered
        rescued += other.rescued
        stale += other.stale
    }
}
