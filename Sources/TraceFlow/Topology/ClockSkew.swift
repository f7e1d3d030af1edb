// SPDX-License-Identifier: Apache-2.0

public import TelemetryData

/// How far the clock of one service is ahead of another's, as far as cause and effect tell.
///
/// Nothing begins before what caused it. Each message, request and answer that goes from one to the other bounds how far
/// the clocks can be apart, on one side; what goes the other way bounds it on the other side. Between the bounds anything
/// is possible, and nothing is guessed: in particular no consumer is put into the middle of its producer.
public struct ClockSkew: Sendable, Hashable {
    /// The service by whose clock it is measured; its name sorts first.
    public let service: String

    /// The service whose clock is ahead.
    public let other: String

    /// How far `other` is ahead at least, below zero if it may be behind; `nil` if nothing went that way.
    public let atLeast: Duration?

    /// How far `other` is ahead at most, below zero if it is certainly behind; `nil` if nothing went that way.
    public let atMost: Duration?

    /// From how many pairs of spans that is known.
    public let observations: Int

    /// Whether one and the same skew explains all; otherwise a clock was set, or runs at another speed.
    public var isConsistent: Bool {
        guard let atLeast, let atMost else { return true }
        return atLeast <= atMost
    }

    /// How far `other` is certainly ahead, below zero if behind: the smallest skew that explains all; zero if none need
    /// be, or none can.
    public var proven: Duration {
        guard isConsistent else { return .zero }
        if let atLeast, atLeast > .zero { return atLeast }
        if let atMost, atMost < .zero { return atMost }
        return .zero
    }

    /// The skew between each two services of which one caused something in the other, by name.
    public static func estimates(_ spans: some Sequence<SpanData>) -> [ClockSkew] {
        let table = SpanTable(spans)
        var bounds = SkewBounds()
        for span in table.spans { bounds.add(span, table) }
        return bounds.estimates
    }
}
