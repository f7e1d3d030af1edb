// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// The places where a worker makes attempts.
final class RunningAttempts: Sendable {
    private struct State {
        var places: [ObjectIdentifier: AttemptPlace] = [:]
        var stopsAll = false
    }

    private let state = Mutex(State())

    /// Whether no attempt is to begin any more.
    var hasStopped: Bool { state.withLock { $0.stopsAll } }

    /// Lends a place for attempts.
    func withPlace(_ body: (AttemptPlace) async -> Void) async {
        let place = AttemptPlace()
        state.withLock { $0.places[ObjectIdentifier(place)] = place }
        await body(place)
        state.withLock { $0.places[ObjectIdentifier(place)] = nil }
    }

    func stop(where matches: (ClaimedJob.Place) -> Bool) {
        stop(.shutdown) { place, _ in matches(place) }
    }

    /// Stops those at these jobs.
    func stop(_ jobs: Set<JobID>) {
        if !jobs.isEmpty { stop(.cancelled) { _, job in jobs.contains(job) } }
    }

    /// Stops all; none begins later.
    func stopAll() {
        state.withLock { $0.stopsAll = true }
        stop(.shutdown) { _, _ in true }
    }

    private func stop(_ reason: AttemptPlace.Stop, _ matches: (ClaimedJob.Place, JobID) -> Bool) {
        for place in state.withLock({ Array($0.places.values) }) { place.stop(reason, where: matches) }
    }
}
