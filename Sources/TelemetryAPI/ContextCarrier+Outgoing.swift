// SPDX-License-Identifier: Apache-2.0

public import TraceContext

extension ContextCarrier {
    /// What a request that this task makes has to carry: the current span and the current baggage, in the fields that the
    /// tracer writes.
    ///
    /// ```swift
    /// for field in ContextCarrier.current().fields { request.headers.replaceOrAdd(name: field.name, value: field.value) }
    /// ```
    ///
    /// Where no tracer has anything to write, what came with the message or the request that is worked on goes on
    /// unchanged, so that the trace passes through. Empty where there is nothing to carry.
    ///
    /// - Parameters:
    ///   - baggage: Which baggage goes along.
    ///   - external: Whether the request goes to somebody else's service, which gets neither baggage nor `tracestate`.
    /// - Returns: The fields to set, each in place of what the request has under its name.
    public static func current(baggage: BaggagePolicy = .all, external: Bool = false) -> ContextCarrier {
        let active = ActiveContext.current
        return outgoing(
            of: active?.ownSpan,
            in: active,
            tracer: TelemetrySystem.tracer(in: active),
            baggage: baggage,
            isExternal: external
        )
        .carrier.without { $0 == StitchField.name }
    }

    /// What a message or a request has to carry, so that no trace gets lost because a tracer records nothing: what the
    /// tracer writes for the span; else for the span that is current, or the one round it; else what came in, unchanged.
    ///
    /// - Parameters:
    ///   - span: The span that sends.
    ///   - active: What is current.
    ///   - tracer: Who writes.
    ///   - incoming: What the message carries so far; takes precedence over what came with the message that is worked on.
    ///   - policy: Which baggage goes along.
    ///   - isExternal: Whether it leaves for somebody else, who gets neither baggage nor `tracestate`.
    /// - Returns: What to carry, and whether that is what came in.
    package static func outgoing(
        of span: Span?,
        in active: ActiveContext?,
        tracer: any Tracer,
        incoming: ContextCarrier? = nil,
        baggage policy: BaggagePolicy,
        isExternal: Bool
    ) -> (carrier: ContextCarrier, isPassedOn: Bool) {
        var carrier = ContextCarrier()
        let baggage = isExternal ? Baggage() : active.map { policy.applied(to: $0.baggage) } ?? Baggage()
        if let span { tracer.inject(span, baggage: baggage, into: &carrier) }
        if !carrier.namesSpan, let current = active?.ownSpan {
            tracer.inject(current, baggage: baggage, into: &carrier)
        }
        if !carrier.namesSpan, let enclosing = active?.enclosingSpan {
            tracer.inject(enclosing, baggage: baggage, into: &carrier)
        }
        let isPassedOn = !carrier.namesSpan
        if isPassedOn {
            let source = incoming.flatMap { $0.isEmpty ? nil : $0 } ?? active?.incoming
            carrier = (source ?? carrier).passedOn(own: active?.ownBaggage, policy)
        }
        // Whatever a tracer writes of its own accord.
        return (isExternal ? carrier.forStrangers : carrier, isPassedOn)
    }

    /// What of it somebody else may get: the span, and nothing that was said beside.
    package var forStrangers: ContextCarrier { without { Self.isCompanion($0) } }

    /// What came in, as it is but for the baggage, of which the policy and the application decide.
    private func passedOn(own: Baggage?, _ policy: BaggagePolicy) -> ContextCarrier {
        if case .all = policy, own == nil { return self }
        var carrier = self
        let baggage = policy.applied(to: own ?? self[FieldName.baggage].map { Baggage($0) } ?? Baggage())
        carrier[FieldName.baggage] = baggage.isEmpty ? nil : baggage.description
        return carrier
    }

    /// Whether there is a field that names a span, whatever the format.
    package var namesSpan: Bool { fields.contains { !Self.isCompanion($0.name) } }

    /// Whether a field names no span: alone it is no context, and no broken one either.
    package static func isCompanion(_ name: String) -> Bool {
        if name == FieldName.traceParent { return false }
        let name = name.lowercased()
        return name == FieldName.traceState || name == FieldName.baggage || name.hasPrefix(StitchField.name)
    }

    private func without(_ isLeftOut: (String) -> Bool) -> ContextCarrier {
        guard fields.contains(where: { isLeftOut($0.name) }) else { return self }
        var carrier = ContextCarrier()
        for field in fields where !isLeftOut(field.name) { carrier[field.name] = field.value }
        return carrier
    }
}
