// SPDX-License-Identifier: Apache-2.0

import TelemetryAPI

extension TracerCore {
    /// Whether nothing has to be asked about a child of this span: what holds for its parent holds for it.
    func follows(_ parent: borrowing SpanContext) -> Bool {
        followsParents && parent.isValid
    }

    /// The context of a child that is decided about as its parent was.
    @inline(__always)
    func child(of parent: borrowing SpanContext) -> SpanContext {
        starts.add(isSampled: parent.isSampled)
        return SpanContext(
            traceID: parent.traceID,
            spanID: spanID,
            flags: flags(ofChildOf: parent),
            state: parent.state
        )
    }

    /// A child of a span that nobody records, recorded by nobody either.
    @inline(__always)
    func unrecordedChild(of parent: borrowing SpanContext) -> Span {
        guard parent.state.isEmpty else { return Span(context: child(of: parent)) }
        starts.add(isSampled: false)
        return Span(spanID: spanID, in: parent.traceID, flags(ofChildOf: parent), isRemote: false)
    }

    /// The flags of a child that is decided about as its parent was.
    @inline(__always)
    func flags(ofChildOf parent: borrowing SpanContext) -> TraceFlags {
        // Whoever continues a trace may not say that its id is random when its creator didn't.
        TraceFlags(rawValue: parent.flags.rawValue & TraceFlags.known.rawValue)
    }

    /// Starts a span about which the sampler has to be asked.
    @inline(never)
    func start(
        _ name: String,
        _ kind: SpanKind,
        _ parent: SpanContext?,
        _ following: [SpanContext],
        _ time: Timestamp?,
        _ build: (inout SpanBuilder) -> Void
    ) -> Span {
        var builder = builder
        let (context, isBuilt) = decide(name, kind, parent, following, &builder, build)
        guard context.isSampled else { return Span(context: context) }
        if !isBuilt { build(&builder) }
        return record(context, name, kind, parent?.asParent, time, builder)
    }

    /// Gives the span its ids, and decides whether it is recorded.
    ///
    /// `newTrace` is the trace that it starts, if it starts one.
    ///
    /// - Returns: Its context, and whether the builder was filled to decide.
    func decide(
        _ name: String,
        _ kind: SpanKind,
        _ parent: SpanContext?,
        _ following: [SpanContext],
        startingTrace newTrace: TraceID? = nil,
        _ builder: inout SpanBuilder,
        _ build: (inout SpanBuilder) -> Void
    ) -> (context: SpanContext, isBuilt: Bool) {
        if let parent, follows(parent) { return (child(of: parent), false) }
        // What is no span can't be a parent.
        let parent = parent.flatMap { $0.isValid ? $0 : nil }
        var request = SamplingRequest(
            traceID: parent?.traceID ?? newTrace ?? traceID,
            name: name,
            kind: kind,
            parent: parent,
            following: following
        )
        if readsAttributes {
            build(&builder)
            request.attributes = builder.attributes.all
            request.links = builder.links
        }
        return (context(of: request), readsAttributes)
    }

    /// The context of a span about which the sampler has to be asked; its parent is valid, if it has one.
    func context(of request: SamplingRequest) -> SpanContext {
        var flags = request.parent.map { $0.flags.intersection(.random) } ?? (isRandom ? .random : [])
        let decision = sampler.decide(request)
        if decision.isSampled { flags.insert(.sampled) }
        starts.add(isSampled: decision.isSampled)
        return SpanContext(traceID: request.traceID, spanID: spanID, flags: flags, state: decision.state)
    }

    /// Records a span from now on.
    ///
    /// `owner` keeps the core alive as long as the span lives; `nil` stands for the core itself.
    @inline(__always)
    func record(
        _ context: SpanContext,
        _ name: String,
        _ kind: SpanKind,
        _ parent: SpanParentID?,
        _ time: Timestamp?,
        _ builder: consuming SpanBuilder,
        keptBy owner: (any AnyObject & Sendable)? = nil
    ) -> Span {
        let (now, offset) = clock.start()
        let span = RecordedSpan(context, name, kind, parent: parent, start: time ?? now, builder)
        let recorder = SpanRecorder(context, span, offset: offset, core: self, keptBy: owner ?? self)
        return Span(spanID: context.spanID, keptBy: recorder)
    }
}

extension SpanContext {
    /// What a child says of its parent; nothing where that is no span.
    var asParent: SpanParentID? { isValid ? SpanParentID(id: spanID, isRemote: isRemote) : nil }
}
