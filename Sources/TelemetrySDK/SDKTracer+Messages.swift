// SPDX-License-Identifier: Apache-2.0

public import TelemetryAPI

extension SDKTracer {
    /// Starts a span of messaging, with what the target has prepared.
    public func startSpan(
        _ operation: MessagingConventions.Operation,
        on target: MessageTarget,
        ofKind kind: SpanKind,
        parent: SpanContext?,
        following: [SpanContext],
        at time: Timestamp?,
        _ build: (inout SpanBuilder) -> Void
    ) -> Span {
        guard let parent, core.follows(parent) else {
            return startSpan(
                target.spanName(of: operation),
                ofKind: kind,
                parent: parent,
                following: following,
                at: time
            ) {
                $0.attributes.merge(target.prepared(operation))
                build(&$0)
            }
        }
        guard parent.isSampled else { return core.unrecordedChild(of: parent) }
        var builder = core.builder
        builder.attributes.merge(target.prepared(operation), withName: true)
        build(&builder)
        return core.record(
            core.child(of: parent),
            "",
            kind,
            SpanParentID(id: parent.spanID, isRemote: parent.isRemote),
            time,
            builder
        )
    }

    /// Starts a span of messaging that one owner keeps until it ends, without an allocation.
    public func startMessageSpan(
        _ operation: MessagingConventions.Operation,
        on target: MessageTarget,
        ofKind kind: SpanKind,
        parent: SpanContext?,
        following: [SpanContext],
        link: SpanContext?,
        role: MessagingConventions.LinkRole,
        details: MessageDetails,
        at time: Timestamp?
    ) -> MessageSpan {
        let prepared = target.prepared(operation)
        var plain: PlainLink?
        var hasPlainLink = true
        if let link {
            hasPlainLink = link.state.isEmpty && link.isValid
            plain = PlainLink(
                traceID: link.traceID,
                spanID: link.spanID,
                flags: link.flags,
                isRemote: link.isRemote,
                role: role
            )
        }
        guard let parent, core.follows(parent), core.hasRoom(for: prepared), hasPlainLink else {
            return startOtherSpan(
                operation,
                on: target,
                ofKind: kind,
                parent: parent,
                following: following,
                link,
                role,
                details,
                at: time
            )
        }
        let context = core.child(of: parent)
        let isSampled = context.isSampled
        let (now, offset) =
            isSampled ? core.clock.start() : (Timestamp(nanoseconds: 0), SpanClock.Offset(nanoseconds: 0))
        return MessageSpan(
            context,
            prepared,
            ofKind: kind,
            parent: SpanParentID(id: parent.spanID, isRemote: parent.isRemote),
            link: plain,
            details: details,
            start: time ?? now,
            clock: offset.nanoseconds,
            isSampled ? core : nil
        )
    }
}
