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

    /// Counts an attempt that ended; `nil` for one whose end came too late.
    func count(_ verdict: AttemptVerdict?) {
        if verdict == nil { TelemetrySystem.meter.counter(JobMetrics.stale).add(1) }
        state.withLock { state in
            state.lastProgress = .now
            switch verdict?.outcome {
            case nil: state.counts.stale += 1
            case .unstarted where verdict?.state == .cancelled, .returned where verdict?.state == .cancelled:
                state.counts.steered += 1
            case .succeeded: state.counts.succeeded += 1
            case .failed: state.counts.failed += 1
            case .returned, .unstarted: state.counts.returned += 1
            case .snoozed, .cancelled, .discarded: state.counts.steered += 1
            case .left: break
            }
        }
    }
}
