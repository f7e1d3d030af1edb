// SPDX-License-Identifier: Apache-2.0

import TelemetryData

/// What is usual at one hop, over many flows of a kind.
public struct HopStatistics: Sendable, Hashable {
    /// Where it is.
    public let path: HopPath

    /// In how many flows it is.
    public let flows: Int

    /// How many spans there are.
    public let spans: Int

    /// How many of them failed.
    public let errors: Int

    /// How many of them are second or later attempts.
    public let retries: Int

    /// How long they took.
    public let duration: DurationSummary

    /// For how long nothing that they caused was at work.
    public let ownTime: DurationSummary

    /// How long what they worked on waited, in all; of those of which it is known that it did.
    public let wait: DurationSummary
}

/// Adds up what happened at a hop.
struct HopTally: Sendable {
    private(set) var flows = 0
    private var spans = 0
    private var errors = 0
    private var retries = 0
    private var durations: [Int64] = []
    private var ownTimes: [Int64] = []
    private var waits: [Int64] = []
    private var lastFlow = -1

    mutating func add(_ entry: FlowHops.Entry, ofFlow flow: Int) {
        if lastFlow != flow { flows += 1 }
        lastFlow = flow
        spans += 1
        if entry.span.hasError { errors += 1 }
        if (entry.span.attempt ?? 0) > 1 { retries += 1 }
        durations.append(entry.span.lengthInNanoseconds)
        ownTimes.append(entry.ownTime)
        if !entry.waits.isEmpty { waits.append(entry.wait) }
    }

    func statistics(_ path: HopPath) -> HopStatistics {
        HopStatistics(
            path: path,
            flows: flows,
            spans: spans,
            errors: errors,
            retries: retries,
            duration: DurationSummary(nanoseconds: durations),
            ownTime: DurationSummary(nanoseconds: ownTimes),
            wait: DurationSummary(nanoseconds: waits)
        )
    }
}
