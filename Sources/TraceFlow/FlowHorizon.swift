// SPDX-License-Identifier: Apache-2.0

public import TelemetryData

/// What is known of why a span may not be there.
public struct FlowHorizon: Sendable, Hashable {
    /// The present; `nil` if spans are looked at long after they were made.
    public var now: Timestamp?

    /// How long after its end a span may take to arrive.
    public var delay: Duration

    /// When the oldest span began that is kept; `nil` if nothing is thrown away.
    public var oldest: Timestamp?

    /// The workers that are known to be lost, by `service.instance.id`: what they had not exported is lost too.
    public var lostWorkers: Set<String>

    /// What is known; nothing, unless told.
    public init(
        now: Timestamp? = nil,
        delay: Duration = .seconds(60),
        oldest: Timestamp? = nil,
        lostWorkers: Set<String> = []
    ) {
        self.now = now
        self.delay = delay
        self.oldest = oldest
        self.lostWorkers = lostWorkers
    }

    /// Whether spans of this moment may be thrown away already.
    func hasLost(_ moment: Timestamp) -> Bool { oldest.map { moment < $0 } ?? false }

    /// Whether spans that ended at this moment may still be on their way.
    func mayLack(_ moment: Timestamp) -> Bool { now.map { $0 < moment || $0.gap(since: moment) < delay } ?? false }
}
