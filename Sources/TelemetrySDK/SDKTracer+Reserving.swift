// SPDX-License-Identifier: Apache-2.0

import CStitchPlatform
public import TelemetryAPI

extension SDKTracer: SpanReserving {
    /// Decides on a span and gives out its ids.
    public func reserveSpan(
        _ name: String,
        ofKind kind: SpanKind,
        startingTrace newTrace: TraceID?,
        parent: SpanContext?,
        following: [SpanContext],
        _ build: (inout SpanBuilder) -> Void
    ) -> SpanContext {
        var builder = core.builder
        return core.decide(name, kind, parent, following, startingTrace: newTrace, &builder, build).context
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

    /// Starts a span of messaging that has this id, without an allocation.
    public func startMessageSpan(
        reserved spanID: SpanID,
        _ operation: MessagingConventions.Operation,
        on target: MessageTarget,
        ofKind kind: SpanKind,
        parent: SpanContext,
        link: SpanContext,
        role: MessagingConventions.LinkRole,
        details: MessageDetails
    ) -> MessageSpan? {
        if !parent.isSampled, core.follows(parent), parent.state.isEmpty {
            core.starts.add(isSampled: false)
            let span = Span(spanID: spanID, in: parent.traceID, core.flags(ofChildOf: parent), isRemote: false)
            return MessageSpan(span, operation, on: target, details: details)
        }
        let thread = stitch_thread_number()
        let share = target.share(ofThread: thread)
        guard parent.isSampled, core.follows(parent), link.isValid, link.state.isEmpty,
            core.hasRoom(for: share.prepared(operation))
        else { return nil }
        core.starts.add(isSampled: true)
        let (now, offset) = core.clock.start()
        return MessageSpan(
            spanID,
            childOf: parent,
            core.flags(ofChildOf: parent),
            operation,
            of: share,
            ofKind: kind,
            link: PlainLink(
                traceID: link.traceID,
                spanID: link.spanID,
                flags: link.flags,
                isRemote: link.isRemote,
                role: role
            ),
            details: details,
            start: now,
            clock: offset.nanoseconds,
            places[thread]
        )
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

    /// Has what has ended so far exported without waiting for more.
    public func exportSoon() { core.exportSoon() }
}
