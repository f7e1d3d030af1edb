// SPDX-License-Identifier: Apache-2.0

import TelemetryData
public import TraceContext

/// Flows that were joined, and how many were left out.
public struct Flows: Sendable {
    /// The flows, that of the earliest origin first.
    public var flows: [Flow]

    /// How many origins, or ways up to some, were left out for being too many.
    public var originsLeftOut: Int
}

extension FlowSource {
    /// The flow that a span belongs to; of one with several origins, that of the earliest.
    ///
    /// - Parameters:
    ///   - span: Any span of the flow.
    ///   - limits: How large the flow may grow.
    ///   - horizon: What is known of why spans may not be there.
    /// - Returns: The flow, or `nil` if the span isn't there.
    /// - Throws: Why spans can't be read, and `CancellationError`.
    public func flow(
        of span: SpanReference,
        limits: FlowLimits = FlowLimits(),
        horizon: FlowHorizon = FlowHorizon()
    ) async throws -> Flow? {
        try await flows(FlowAssembler(from: .span(span), limits: limits, maximumFlows: 1, horizon: horizon)).flows.first
    }

    /// The flows that a span belongs to: one for each origin that it goes back to.
    ///
    /// - Parameters:
    ///   - span: The span.
    ///   - limits: How large each flow may grow.
    ///   - horizon: What is known of why spans may not be there.
    /// - Returns: The flows; none if nothing is there.
    /// - Throws: Why spans can't be read, and `CancellationError`.
    public func flows(
        of span: SpanReference,
        limits: FlowLimits = FlowLimits(),
        horizon: FlowHorizon = FlowHorizon()
    ) async throws -> Flows {
        try await flows(FlowAssembler(from: .span(span), limits: limits, horizon: horizon))
    }

    /// The flows that any span of a trace belongs to.
    ///
    /// - Parameters:
    ///   - trace: The trace.
    ///   - limits: How large each flow may grow.
    ///   - horizon: What is known of why spans may not be there.
    /// - Returns: The flows; none if nothing is there.
    /// - Throws: Why spans can't be read, and `CancellationError`.
    public func flows(
        of trace: TraceID,
        limits: FlowLimits = FlowLimits(),
        horizon: FlowHorizon = FlowHorizon()
    ) async throws -> Flows {
        try await flows(FlowAssembler(from: .trace(trace), limits: limits, horizon: horizon))
    }

    /// Brings in what an assembler asks for, question after question.
    ///
    /// - Parameter assembler: What joins the flows.
    /// - Returns: The flows that it joined.
    /// - Throws: Why spans can't be read, and `CancellationError`.
    public func flows(_ assembler: FlowAssembler) async throws -> Flows {
        var assembler = assembler
        while true {
            try Task.checkCancellation()
            let needs = assembler.needs()
            if needs.isEmpty { return assembler.joined }
            for group in needs.backLinks {
                assembler.add(try await backLinks(to: group, limit: needs.backLinkLimit), to: group)
            }
            if !needs.spans.isEmpty { assembler.add(try await spans(of: needs.spans), of: needs.spans) }
        }
    }
}
