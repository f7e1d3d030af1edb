// SPDX-License-Identifier: Apache-2.0

import StitchService
import Synchronization
import TelemetryAPI

/// What a worker has done, counted by all of its attempts.
final class JobTally: Sendable {
    private struct State {
        var counts = JobCounts()
        var lastProgress: ContinuousClock.Instant?
        var blocker: String?
    }

    private let state = Mutex(State())

    var counts: JobCounts { state.withLock { $0.counts } }

    var health: ServiceHealth {
        state.withLock { ServiceHealth(lastProgress: $0.lastProgress, blocker: $0.blocker) }
    }

    func block(_ reason: String?) { state.withLock { $0.blocker = reason } }

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
