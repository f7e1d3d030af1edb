// SPDX-License-Identifier: Apache-2.0

import CStitchPlatform
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
            builder,
            keptBy: places[stitch_thread_number()]
        )
    }

    /// Starts a span of messaging that one owner keeps until it ends, without an allocation.
    @inline(__always)
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
        if let parent, !parent.isSampled, core.follows(parent), parent.state.isEmpty {
            return MessageSpan(core.unrecordedChild(of: parent), operation, on: target, details: details)
        }
        let thread = stitch_thread_number()
        let share = target.share(ofThread: thread)
        var plain: PlainLink?
        var hasPlainLink = true
        if let link, link.isValid {
            hasPlainLink = link.state.isEmpty
            plain = PlainLink(
                traceID: link.traceID,
                spanID: link.spanID,
                flags: link.flags,
                isRemote: link.isRemote,
                role: role
            )
        } else {
            hasPlainLink = link == nil
        }
        guard let parent, parent.isValid, parent.isSampled, hasPlainLink, core.followsParents,
            core.hasRoom(for: share.prepared(operation))
        else {
            // No child of one that is recorded, or not in the usual form.
            if hasPlainLink, parent?.isValid != true, core.hasRoom(for: share.prepared(operation)),
                !core.readsAttributes
            {
                return startTrace(operation, on: target, share, kind, following, plain, details, time)
            }
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
        core.starts.add(isSampled: true)
        let (now, offset) = core.clock.start()
        return MessageSpan(
            core.spanID,
            childOf: parent,
            core.flags(ofChildOf: parent),
            operation,
            of: share,
            ofKind: kind,
            link: plain,
            details: details,
            start: time ?? now,
            clock: offset.nanoseconds,
            places[thread]
        )
    }

    /// Starts a span of messaging that has no parent, if the sampler wants it.
    @inline(never)
    private func startTrace(
        _ operation: MessagingConventions.Operation,
        on target: MessageTarget,
        _ share: MessageTargetShare,
        _ kind: SpanKind,
        _ following: [SpanContext],
        _ link: PlainLink?,
        _ details: MessageDetails,
        _ time: Timestamp?
    ) -> MessageSpan {
        let request = SamplingRequest(
            traceID: core.traceID,
            name: target.spanName(of: operation),
            kind: kind,
            following: following
        )
        let context = core.context(of: request)
        guard context.isSampled else {
            return MessageSpan(Span(context: context), operation, on: target, details: details)
        }
        let (now, offset) = core.clock.start()
        return MessageSpan(
            rootOf: context,
            operation,
            of: share,
            ofKind: kind,
            link: link,
            details: details,
            start: time ?? now,
            clock: offset.nanoseconds,
            places[stitch_thread_number()]
        )
    }
}
