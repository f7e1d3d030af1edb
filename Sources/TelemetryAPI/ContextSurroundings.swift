// SPDX-License-Identifier: Apache-2.0

package import TraceContext

/// What is current beside a span.
package protocol ContextSurroundings: AnyObject, Sendable {
    /// The span round the current one, where that one has no context.
    var enclosing: EnclosingSpan? { get }

    /// The baggage that was bound; `nil` for that which came.
    var boundBaggage: Baggage? { get }

    /// What came with the message or the request that is worked on.
    var arrived: IncomingCarrier? { get }

    /// The message that is worked on.
    var message: MessageWork? { get }

    /// The tracer and the meter of a part of the program.
    var telemetry: TelemetryScope? { get }
}

extension ContextSurroundings {
    /// All of it, to be changed.
    var values: SurroundingValues {
        SurroundingValues(
            enclosing: enclosing,
            baggage: boundBaggage,
            incoming: arrived,
            work: message,
            scope: telemetry
        )
    }
}

/// What came with a message or a request.
package enum IncomingCarrier: Sendable {
    /// Any fields.
    case carrier(ContextCarrier)

    /// A trace, and perhaps when its flow began.
    case plain(PlainCarrier)

    /// The fields.
    ///
    /// They are written, and taken apart, only where somebody asks.
    var carrier: ContextCarrier {
        switch self {
        case .carrier(let carrier): carrier
        case .plain(let plain): plain.carrier
        }
    }
}

/// What a message that is sent has to pass on of what came, beside the trace.
package enum PassedOn: Sendable {
    case nothing
    /// When the flow began, where that is known, and no more.
    case plain(PlainCarrier)
    /// Baggage, or other fields.
    case more
}

extension ActiveContext {
    /// What a message that is sent from here has to pass on.
    package var passedOn: PassedOn {
        guard let surroundings else { return .nothing }
        if let baggage = surroundings.boundBaggage, !baggage.isEmpty { return .more }
        switch surroundings.arrived {
        case nil: return .nothing
        case .plain(let carrier): return .plain(carrier)
        case .carrier: return .more
        }
    }
}

/// What is current beside a span, as a value.
struct SurroundingValues: Sendable {
    var enclosing: EnclosingSpan?
    var baggage: Baggage?
    var incoming: IncomingCarrier?
    var work: MessageWork?
    var scope: TelemetryScope?
}

/// What is current beside a span, kept by itself.
final class Surroundings: ContextSurroundings {
    private let values: SurroundingValues

    init(_ values: SurroundingValues) { self.values = values }

    var enclosing: EnclosingSpan? { values.enclosing }
    var boundBaggage: Baggage? { values.baggage }
    var arrived: IncomingCarrier? { values.incoming }
    var message: MessageWork? { values.work }
    var telemetry: TelemetryScope? { values.scope }
}

/// A span round the current one.
package final class EnclosingSpan: Sendable {
    let span: Span

    init(_ span: Span) { self.span = span }
}
