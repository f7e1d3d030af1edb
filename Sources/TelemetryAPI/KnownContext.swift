// SPDX-License-Identifier: Apache-2.0

package import TraceContext

extension Tracer {
    /// The context of one of this tracer's spans; `nil` where nobody can name it.
    ///
    /// There are tracers whose spans don't tell it, and that write it into carriers nevertheless.
    package func context(of span: Span) -> SpanContext? {
        if span.isNamed { return span.context }
        guard span.recorder != nil else { return nil }
        var carrier = ContextCarrier()
        inject(span, baggage: Baggage(), into: &carrier)
        guard var context = extractSpan(from: carrier) else { return nil }
        context.isRemote = false
        return context
    }

    /// The span that a carrier names, as far as this tracer can read it.
    ///
    /// There are tracers that read a context that names none where there is none.
    package func extractSpan(from carrier: ContextCarrier) -> SpanContext? { extract(from: carrier).validSpan }
}

extension PropagationContext {
    /// The span, if it is one.
    package var validSpan: SpanContext? { span.flatMap { $0.isValid ? $0 : nil } }
}

extension ActiveContext {
    /// Whose child a span of that tracer is that starts here: the innermost span that the tracer knows; else the one that
    /// came with what is worked on, so that a trace that nobody records here goes on all the same.
    package func parent(_ tracer: any Tracer) -> SpanContext? {
        ownSpan.flatMap { tracer.context(of: $0) }
            ?? enclosingSpan.flatMap { tracer.context(of: $0) }
            ?? incoming.flatMap { tracer.extractSpan(from: $0) }
    }
}
