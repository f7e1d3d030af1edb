// SPDX-License-Identifier: Apache-2.0

public import TelemetryData
public import TraceContext

/// What a span has from its start on: the closure that fills it never runs for a span that nobody records.
public struct SpanBuilder {
    /// What there is to say about the span.
    public var attributes = Attributes()

    /// The spans that it has to do with, as many as the span keeps.
    public private(set) var links: [SpanLink] = []

    /// How many links were said beyond those.
    public private(set) var droppedLinkCount = 0

    private let linkLimit: Int

    /// Nothing so far.
    ///
    /// For tracers.
    ///
    /// - Parameter linkLimit: How many links the span keeps, from 0; further ones are counted and no more.
    public init(linkLimit: Int = .max) {
        self.linkLimit = linkLimit
    }

    /// Says that the span has to do with another one.
    public mutating func addLink(_ context: SpanContext, attributes: Attributes = Attributes()) {
        guard links.count < linkLimit else {
            droppedLinkCount += 1
            return
        }
        links.append(SpanLink(context, attributes: attributes))
    }
}
