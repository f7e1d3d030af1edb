// SPDX-License-Identifier: Apache-2.0

/// Which flows are kept when their spans get old: those that meet one of these rules, whole.
///
/// A flow is kept or dropped by what was known when its spans became old; what arrives later can't bring back what is gone.
/// More may be kept than the rules ask for, where flows share spans.
public struct TraceRetention: Sendable, Hashable {
    /// How old a partition is when the rules are applied to it, by arrival.
    public var after: Duration

    /// Whether flows with a failed span are kept.
    public var keepsErrors: Bool

    /// Whether flows with an attempt after the first are kept.
    public var keepsRetries: Bool

    /// Whether flows with a message that was settled as dead, or moved to where dead ones are, are kept.
    public var keepsDeadLetters: Bool

    /// Flows are kept in which something waited that long, or longer; `nil` for no such rule.
    public var minimumWait: Duration?

    /// Flows are kept in which a trace took that long, or longer, as its spans of one partition tell; `nil` for no such rule.
    public var minimumDuration: Duration?

    /// Which share of the other flows is kept, from 0 to 1; which ones hangs on the trace of their origin alone.
    ///
    /// A flow whose origin never arrived is not among them.
    public var share: Double

    /// Rules.
    ///
    /// - Parameters:
    ///   - after: How old a partition is when they are applied to it.
    ///   - keepsErrors: Whether flows with a failed span are kept.
    ///   - keepsRetries: Whether flows with an attempt after the first are kept.
    ///   - keepsDeadLetters: Whether flows with a dead message are kept.
    ///   - minimumWait: From which wait on flows are kept.
    ///   - minimumDuration: From which duration of a trace on flows are kept.
    ///   - share: Which share of the others is kept.
    public init(
        after: Duration,
        keepsErrors: Bool = true,
        keepsRetries: Bool = true,
        keepsDeadLetters: Bool = true,
        minimumWait: Duration? = nil,
        minimumDuration: Duration? = nil,
        share: Double = 0.05
    ) {
        self.after = after
        self.keepsErrors = keepsErrors
        self.keepsRetries = keepsRetries
        self.keepsDeadLetters = keepsDeadLetters
        self.minimumWait = minimumWait
        self.minimumDuration = minimumDuration
        self.share = share
    }

    func validate(maximumAge: Duration?) throws(StoreError) {
        guard after >= .zero, maximumAge.map({ after < $0 }) ?? true else {
            throw StoreError(
                .invalidConfiguration,
                "retention.after can't be \(after): give zero or more, and less than maximumAge"
            )
        }
        guard (0...1).contains(share) else {
            throw StoreError(.invalidConfiguration, "retention.share can't be \(share): give 0 to 1")
        }
    }
}
