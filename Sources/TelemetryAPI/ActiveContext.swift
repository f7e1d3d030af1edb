// SPDX-License-Identifier: Apache-2.0

package import TraceContext

/// What is current in a task: a span, baggage, what came with the message that is worked on and, in tests, a tracer and a
/// meter.
///
/// One task-local value, read once by whoever needs it; a class so that binding it copies one reference.
package final class ActiveContext: Sendable {
    @TaskLocal package static var current: ActiveContext?

    let ownSpan: Span?
    let ownBaggage: Baggage?

    /// What came with the message or request that is worked on.
    ///
    /// It is taken apart only where somebody asks, so that passing it on costs next to nothing; and it is there to be
    /// passed on as it is where a tracer has nothing to write.
    package let incoming: ContextCarrier?

    let tracer: (any Tracer)?
    let meter: (any Meter)?

    private init(
        span: Span?,
        baggage: Baggage?,
        incoming: ContextCarrier?,
        tracer: (any Tracer)?,
        meter: (any Meter)?
    ) {
        ownSpan = span
        ownBaggage = baggage
        self.incoming = incoming
        self.tracer = tracer
        self.meter = meter
    }

    /// What is current in `current`, with the given parts in place of what was.
    convenience init(
        _ current: ActiveContext?,
        span: Span? = nil,
        baggage: Baggage? = nil,
        tracer: (any Tracer)? = nil,
        meter: (any Meter)? = nil
    ) {
        self.init(
            span: span ?? current?.ownSpan,
            baggage: baggage ?? current?.ownBaggage,
            incoming: current?.incoming,
            tracer: tracer ?? current?.tracer,
            meter: meter ?? current?.meter
        )
    }

    /// The start of something else: of what was current only the tracer and the meter stay.
    ///
    /// - Parameters:
    ///   - current: What was current.
    ///   - span: The span of the work; `nil` where nobody makes spans, and what came tells whose trace it is.
    ///   - baggage: Its baggage; `nil` for that which came, all of it.
    ///   - incoming: What came with the message or the request.
    package convenience init(
        entering current: ActiveContext?,
        span: Span?,
        baggage: Baggage?,
        incoming: ContextCarrier?
    ) {
        self.init(span: span, baggage: baggage, incoming: incoming, tracer: current?.tracer, meter: current?.meter)
    }

    /// The span that is current: the one that was bound, else the one that what came names.
    package var span: Span? { ownSpan ?? incoming?.spanContext.map { Span(context: $0) } }

    /// The baggage that is current: what was bound, else what came.
    package var baggage: Baggage {
        ownBaggage ?? incoming?[ContextCarrier.FieldName.baggage].map { Baggage($0) } ?? Baggage()
    }
}

/// `TaskLocal.withValue` knows no typed throws, so the outcome crosses it as a value.
func bind<Success, Failure: Error>(
    _ context: ActiveContext,
    _ operation: () throws(Failure) -> Success
) throws(Failure) -> Success {
    try ActiveContext.$current.withValue(context) {
        do throws(Failure) {
            return Result<Success, Failure>.success(try operation())
        } catch {
            return .failure(error)
        }
    }.get()
}

/// Makes a context current while `operation` runs, and in the tasks that it starts.
package func bind<Success, Failure: Error>(
    _ context: ActiveContext,
    _ operation: () async throws(Failure) -> Success
) async throws(Failure) -> Success {
    try await ActiveContext.$current.withValue(context) {
        do throws(Failure) {
            return Result<Success, Failure>.success(try await operation())
        } catch {
            return .failure(error)
        }
    }.get()
}
