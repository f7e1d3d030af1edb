// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// The places where a worker makes attempts.
final class RunningAttempts: Sendable {
    private struct State {
        var places: [ObjectIdentifier: AttemptPlace] = [:]
        var stopsAll = false
        /// Jobs that are to be stopped, as the last sign of life brought them: as many as that may bring.
        var orders: Set<JobID> = []
    }

    /// Whether an attempt is to begin.
    enum Start: Sendable { case begins, staysUnstarted, isCancelled }

    private let grace: Duration
    private let state = Mutex(State())

    /// - Parameter grace: How long an attempt may go on that was told to stop, before that is told.
    init(grace: Duration) { self.grace = grace }

    /// Whether no attempt is to begin any more.
    var hasStopped: Bool { state.withLock { $0.stopsAll } }

    /// The jobs at which attempts are made.
    var jobs: [JobID] { places.compactMap(\.job) }

    /// Those of them whose attempts were told to stop, and ignore that.
    var ignoring: [JobID] { places.compactMap(\.ignoring) }

    private var places: [AttemptPlace] { state.withLock { Array($0.places.values) } }

    /// Lends a place for attempts.
    func withPlace(_ body: (AttemptPlace) async -> Void) async {
        let place = AttemptPlace(grace: grace)
        state.withLock { $0.places[ObjectIdentifier(place)] = place }
        await body(place)
        state.withLock { $0.places[ObjectIdentifier(place)] = nil }
    }

    /// Asked when an attempt has its place, where it can be stopped, so that no stop is missed.
    func start(of job: JobID) -> Start {
        state.withLock { state in
            if state.orders.remove(job) != nil { return .isCancelled }
            return state.stopsAll ? .staysUnstarted : .begins
        }
    }

    /// Whether a job is to be stopped; said once.
    ///
    /// The database says it again until it has heard what became of the job.
    func takeOrder(for job: JobID) -> Bool { state.withLock { $0.orders.remove(job) != nil } }

    func stop(where matches: (ClaimedJob.Place) -> Bool) {
        stop(.shutdown) { place, _ in matches(place) }
    }

    /// Stops those at these jobs, and lets none begin that has not yet.
    func stop(_ jobs: Set<JobID>) {
        state.withLock { $0.orders = jobs }
        if !jobs.isEmpty { stop(.cancelled) { _, job in jobs.contains(job) } }
    }

    /// Stops all; none begins later.
    func stopAll() {
        state.withLock { $0.stopsAll = true }
        stop(.shutdown) { _, _ in true }
    }

    private func stop(_ reason: AttemptPlace.Stop, _ matches: (ClaimedJob.Place, JobID) -> Bool) {
        for place in places { place.stop(reason, where: matches) }
    }
}
