// SPDX-License-Identifier: Apache-2.0

/// What travels with a message or a request: a span's context, and baggage.
public struct PropagationContext: Hashable, Sendable {
    /// The span.
    public var span: SpanContext?

    /// The baggage.
    public var baggage: Baggage

    /// What travels.
    public init(span: SpanContext? = nil, baggage: Baggage = Baggage()) {
        self.span = span
        self.baggage = baggage
    }
}

/// Writes a context into carriers and reads it from them, in one format.
public protocol Propagator: Sendable {
    /// The names of the fields that it writes and reads, in lower case.
    var fields: [String] { get }

    /// Writes what it knows to write, replacing what is there under the same names. What is invalid or empty is not
    /// written.
    func inject(_ context: PropagationContext, into carrier: inout ContextCarrier)

    /// Reads what it knows to read into `context`; what it doesn't find, or can't read, stays as it is.
    func extract(from carrier: ContextCarrier, into context: inout PropagationContext)
}

extension Propagator {
    /// What a carrier carries.
    public func extract(from carrier: ContextCarrier) -> PropagationContext {
        var context = PropagationContext()
        extract(from: carrier, into: &context)
        return context
    }
}

/// W3C Trace Context: `traceparent` and `tracestate`.
public struct W3CPropagator: Propagator {
    /// There is nothing to set up.
    public init() {}

    /// `traceparent`, `tracestate`.
    public var fields: [String] { [ContextCarrier.FieldName.traceParent, ContextCarrier.FieldName.traceState] }

    /// Writes both fields; `tracestate` only if it has a member.
    public func inject(_ context: PropagationContext, into carrier: inout ContextCarrier) {
        if let span = context.span, span.isValid { carrier.spanContext = span }
    }

    /// Reads both fields.
    public func extract(from carrier: ContextCarrier, into context: inout PropagationContext) {
        if let span = carrier.spanContext { context.span = span }
    }
}

/// W3C Baggage: `baggage`.
public struct BaggagePropagator: Propagator {
    /// There is nothing to set up.
    public init() {}

    /// `baggage`.
    public var fields: [String] { [ContextCarrier.FieldName.baggage] }

    /// Writes the field if there is an entry.
    public func inject(_ context: PropagationContext, into carrier: inout ContextCarrier) {
        if !context.baggage.isEmpty { carrier[ContextCarrier.FieldName.baggage] = context.baggage.description }
    }

    /// Reads the field.
    public func extract(from carrier: ContextCarrier, into context: inout PropagationContext) {
        if let text = carrier[ContextCarrier.FieldName.baggage] { context.baggage = Baggage(text) }
    }
}

/// Several formats at once: writes all; of those that read a span, the first counts.
public struct CompositePropagator: Propagator {
    private let propagators: [any Propagator]

    /// These, in order.
    public init(_ propagators: [any Propagator]) {
        self.propagators = propagators
    }

    /// Those of all.
    public var fields: [String] { propagators.flatMap(\.fields) }

    /// Writes every format.
    public func inject(_ context: PropagationContext, into carrier: inout ContextCarrier) {
        for propagator in propagators { propagator.inject(context, into: &carrier) }
    }

    /// Reads every format.
    public func extract(from carrier: ContextCarrier, into context: inout PropagationContext) {
        // Backwards, so that what the first reads is what stays.
        for propagator in propagators.reversed() { propagator.extract(from: carrier, into: &context) }
    }
}

/// No format: nothing is written, nothing is read.
public struct NoPropagator: Propagator {
    /// There is nothing to set up.
    public init() {}

    /// None.
    public var fields: [String] { [] }

    /// Writes nothing.
    public func inject(_ context: PropagationContext, into carrier: inout ContextCarrier) {}

    /// Reads nothing.
    public func extract(from carrier: ContextCarrier, into context: inout PropagationContext) {}
}
