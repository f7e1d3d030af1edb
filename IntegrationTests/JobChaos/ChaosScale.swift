// SPDX-License-Identifier: Apache-2.0

import Foundation

/// How much a run does, and from which chance.
struct ChaosScale: Sendable {
    var jobs = 3_000
    var seed = UInt64.random(in: 1...999_999_999)
    var kills = 8
    /// Backends that are ended.
    var terminations = 4
    var crashes = 1
    /// Connections that are cut half-open.
    var cuts = 1
    /// Workers that are stopped for longer than their lease.
    var stalls = 4
    var poison = 2
    var members = 4
    /// How long a transaction is left open that has enqueued jobs.
    var patience = Duration.seconds(5)
    /// So small that segments are sealed and retired meanwhile; `nil` for as large as they are.
    var segmentSize: Int?

    /// Whether somebody may want to know how far it is.
    var isLong: Bool { jobs > 20_000 }

    /// What `STITCH_CHAOS_…` say: `JOBS` and `KILLS` make it larger, everything else in proportion; `SEED` repeats the
    /// chance of a run.
    init(environment: [String: String] = ProcessInfo.processInfo.environment) {
        if let seed = environment["STITCH_CHAOS_SEED"].flatMap({ UInt64($0) }) { self.seed = seed }
        jobs = environment["STITCH_CHAOS_JOBS"].flatMap { Int($0) } ?? jobs
        guard let kills = environment["STITCH_CHAOS_KILLS"].flatMap({ Int($0) }) else { return }
        self.kills = kills
        terminations = kills / 5
        crashes = max(1, kills / 20)
        cuts = max(1, kills / 20)
        stalls = max(1, kills / 10)
        poison = max(1, kills / 20)
        members = 5
        patience = .seconds(kills < 100 ? 20 : 125)
        segmentSize = 8_000
    }
}
