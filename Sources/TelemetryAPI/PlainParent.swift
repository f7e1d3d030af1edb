// SPDX-License-Identifier: Apache-2.0

package import TraceContext

/// A span without trace state whose child a span is to be, as numbers alone.
package struct PlainParent: Sendable {
    package let traceID: TraceID
    package let spanID: SpanID
    package let flags: TraceFlags
    package let isRemote: Bool

    init(_ spanID: SpanID, in traceID: TraceID, _ flags: TraceFlags, isRemote: Bool) {
        self.traceID = traceID
        self.spanID = spanID
        self.flags = flags
        self.isRemote = isRemote
    }

    /// A span's context; `nil` where it names none, or has trace state.
    init?(_ context: SpanContext) {
        guard context.isValid, context.state.isEmpty else { return nil }
        self.init(context.spanID, in: context.traceID, context.flags, isRemote: context.isRemote)
    }

    /// A span; `nil` where it has no context, or one with trace state.
    init?(_ span: borrowing Span) {
        switch span.rest {
        case .plain(let traceID, let flags, let isRemote):
            guard traceID.isValid, span.spanID.isValid else { return nil }
            self.init(span.spanID, in: traceID, flags, isRemote: isRemote)
        case .kept(let keeper): self.init(keeper.context)
        }
    }
}
