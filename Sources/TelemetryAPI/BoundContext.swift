// SPDX-License-Identifier: Apache-2.0

package import TraceContext

/// A span that was made current, and what is current beside it.
///
/// `@unchecked Sendable` as what it inherits from; nothing in it changes.
package final class BoundContext: ActiveContext, @unchecked Sendable {
    private let boundSpan: Span?

    // Apart, so that a span is made current with one more reference, whatever is current with it.
    private let beside: (any ContextSurroundings)?

    private init(span: Span?, _ surroundings: (any ContextSurroundings)?) {
        boundSpan = span
        beside = surroundings
    }

    package override var ownSpan: Span? { boundSpan }

    package override var plainParent: PlainParent? {
        guard let boundSpan else { return nil }
        return PlainParent(boundSpan)
    }

    override var surroundings: (any ContextSurroundings)? { beside }

    /// What is current in `current`, with a span in place of the one that was.
    convenience init(_ current: ActiveContext?, making span: Span) {
        guard let current else {
            self.init(span: span, nil)
            return
        }
        var surroundings = current.surroundings
        let enclosing = current.enclosing(of: span)
        if enclosing !== surroundings?.enclosing {
            var values = surroundings?.values ?? SurroundingValues()
            values.enclosing = enclosing
            surroundings = Surroundings(values)
        }
        self.init(span: span, surroundings)
    }

    /// What is current in `current`, with the given parts in place of what was.
    convenience init(_ current: ActiveContext?, baggage: Baggage? = nil, scope: TelemetryScope? = nil) {
        var values = current?.surroundings?.values ?? SurroundingValues()
        values.baggage = baggage ?? values.baggage
        values.scope = scope ?? values.scope
        self.init(span: current?.ownSpan, Surroundings(values))
    }

    /// The start of something else: of what was current only the tracer and the meter stay.
    ///
    /// - Parameters:
    ///   - current: What was current.
    ///   - span: The span of the work; `nil` where nobody makes spans, and what came tells whose trace it is.
    ///   - baggage: Its baggage; `nil` for that which came, all of it.
    ///   - incoming: What came with the message or the request.
    ///   - work: The message that is worked on.
    package convenience init(
        entering current: ActiveContext?,
        span: Span?,
        baggage: Baggage?,
        incoming: ContextCarrier?,
        work: MessageWork? = nil
    ) {
        let values = SurroundingValues(
            baggage: baggage,
            incoming: incoming.map { .carrier($0) },
            work: work,
            scope: current?.scope
        )
        self.init(span: span, Surroundings(values))
    }
}

/// A span that was made current where nothing else was, as most are: smaller, since it is made and gone with each.
///
/// `@unchecked Sendable` as what it inherits from; nothing in it changes.
final class LoneSpan: ActiveContext, @unchecked Sendable {
    private let spanID: SpanID
    private let keeper: any SpanKeeping

    init(_ spanID: SpanID, keptBy keeper: any SpanKeeping) {
        self.spanID = spanID
        self.keeper = keeper
    }

    override var ownSpan: Span? { Span(spanID: spanID, keptBy: keeper) }

    override var plainParent: PlainParent? { PlainParent(keeper.context) }
}

extension ActiveContext {
    /// What is current in `current`, with a span in place of the one that was.
    @usableFromInline
    static func making(_ span: Span, in current: ActiveContext?) -> ActiveContext {
        if current == nil, case .kept(let keeper) = span.rest { return LoneSpan(span.spanID, keptBy: keeper) }
        return BoundContext(current, making: span)
    }
}

#if DistributedTracingSupport
extension BoundContext {
    /// A span that is started in `active`, which need not be what is current: the tracer and the meter of that stay.
    package convenience init(starting span: Span, in active: ActiveContext?) {
        let active = BoundContext(active, making: span)
        var values = active.surroundings?.values ?? SurroundingValues()
        values.scope = values.scope ?? ActiveContext.current?.scope
        self.init(span: span, Surroundings(values))
    }
}
#endif
