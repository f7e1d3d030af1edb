// SPDX-License-Identifier: Apache-2.0

public import TraceContext

/// Whose child a span is to be.
public enum SpanParent: Sendable, Hashable {
    /// The span that is current where the new one starts; none makes it a root.
    case current
    /// Nobody's: the span starts a trace.
    case root
    /// This one's, usually one of another process. An invalid context makes it a root.
    case context(SpanContext)

    /// What a carrier carries: the span that is in it, or none.
    public static func carrier(_ carrier: ContextCarrier) -> SpanParent {
        TelemetrySystem.tracer.extractSpan(from: carrier).map { .context($0) } ?? .root
    }

    func context(in active: ActiveContext?, _ tracer: any Tracer) -> SpanContext? {
        switch self {
        case .current: active?.parent(tracer)
        case .root: nil
        case .context(let context): context.isValid ? context : nil
        }
    }
}
