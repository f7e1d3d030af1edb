// SPDX-License-Identifier: Apache-2.0

public import TelemetryData
public import TraceContext

/// What a span has from its start on: the closure that fills it never runs for a span that nobody records.
public struct SpanBuilder {
    /// What there is to say about the span.
    public var attributes = Attributes()

    /// The spans that it has to do with.
    public private(set) var links: [SpanLink] = []

    /// Nothing so far.
    ///
    /// For tracers.
    public init() {}

    /// Says that the span has to do with another one.
    public mutating func addLink(_ context: SpanContext, attributes: Attributes = Attributes()) {
        links.append(SpanLink(context, attributes: attributes))
    }
}
