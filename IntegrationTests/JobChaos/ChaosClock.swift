// SPDX-License-Identifier: Apache-2.0

import ChaosJobs
import TelemetryData

/// Seconds since a run began, by the clock that nobody sets.
struct ChaosClock: Sendable {
    private let start = MemberEvent.now
    private let wallStart = Self.wall

    var now: Double { seconds(MemberEvent.now) }

    func seconds(_ uptime: UInt64) -> Double { (Double(uptime) - Double(start)) / 1e9 }

    /// When it was so late by the wall clock of this machine, in seconds since 1970, that the server has too.
    func seconds(ofWall time: Double) -> Double { time - wallStart }

    private static var wall: Double { Double(Timestamp.now.nanoseconds) / 1e9 }
}
