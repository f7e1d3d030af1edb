// SPDX-License-Identifier: Apache-2.0

/// How large a flow may grow before it is cut, and says so.
public struct FlowLimits: Sendable, Hashable {
    /// How many spans a flow may have.
    public var spans: Int

    /// How many traces a flow may reach.
    public var traces: Int

    /// How many back links of one span are followed; a span with more is a ``FlowHub``.
    public var backLinks: Int

    /// How many of the messages of one batch are followed up to their origins.
    public var origins: Int

    /// Up to how many links of a span are looked after for ends that are missing.
    ///
    /// Of a span with more, a batch, only those ends are known that belong to the flow.
    public var checkedLinks: Int

    /// Limits, each from 1.
    public init(
        spans: Int = 100_000,
        traces: Int = 10_000,
        backLinks: Int = 1_000,
        origins: Int = 128,
        checkedLinks: Int = 8
    ) {
        self.spans = max(1, spans)
        self.traces = max(1, traces)
        self.backLinks = max(1, backLinks)
        self.origins = max(1, origins)
        self.checkedLinks = max(1, checkedLinks)
    }

    /// How many traces may be loaded for one flow: some turn out to be of polls, which join nothing.
    var loads: Int { traces.multipliedReportingOverflow(by: 4).overflow ? .max : traces * 4 }

    /// How many back links are asked for at once.
    var askedBackLinks: Int { max(1_000, spans, backLinks == .max ? .max : backLinks + 1) }
}
