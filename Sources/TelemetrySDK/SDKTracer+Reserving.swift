// SPDX-License-Identifier: Apache-2.0

public import TelemetryAPI

extension SDKTracer: SpanReserving {
    /// Decides on a span and gives out its ids.
    public func reserveSpan(
        _ name: String,
        ofKind kind: SpanKind,
        parent: SpanContext?,
        following: [SpanContext],
        _ build: (inout SpanBuilder) -> Void
    ) -> SpanContext {
        var builder = core.builder
        return core.decide(name, kind, parent, following, &builder, build).context
    }

    /// Starts the span that has these ids.
    public func startSpan(
        reserved context: SpanContext,
        _ name: String,
        ofKind kind: SpanKind,
        parent: SpanContext?,
        at time: Timestamp?,
        _ build: (inout SpanBuilder) -> Void
    ) -> Span {
        guard context.isSampled else { return Span(context: context) }
        var builder = core.builder
        build(&builder)
        return core.record(context, name, kind, parent?.asParent, time, builder)
    }
}

extension SDKTracer: SpanEmitting {
    /// Exports a span as a whole.
    public func emit(
        _ context: SpanContext,
        _ name: String,
        ofKind kind: SpanKind,
        parent: SpanContext?,
        from start: Timestamp,
        to end: Timestamp,
        status: SpanStatus,
        _ build: (inout SpanBuilder) -> Void
    ) {
        guard context.isSampled, context.isValid else { return }
        var builder = core.builder
        build(&builder)
        var span = RecordedSpan(context, name, kind, parent: parent?.asParent, start: start, builder)
        span.setStatus(status)
        if span.end(at: end) { core.ended(span) }
    }
}
