// SPDX-License-Identifier: Apache-2.0

extension ContextCarrier {
    /// The names of the fields that W3C Trace Context and W3C Baggage define.
    public enum FieldName {
        /// The trace, the span and the flags.
        public static let traceParent = "traceparent"

        /// What vendors add.
        public static let traceState = "tracestate"

        /// What applications add.
        public static let baggage = "baggage"

        /// All three.
        public static let all = [traceParent, traceState, baggage]
    }

    /// A carrier of one span's context.
    public init(_ context: SpanContext) {
        self.init()
        spanContext = context
    }

    /// The context that `traceparent` and `tracestate` carry; `nil` if there is no valid one.
    ///
    /// A bad `tracestate` is dropped and leaves a good `traceparent` as it is. A `tracestate` without a `traceparent` is
    /// not read. Setting the context replaces both fields; setting an invalid one removes them.
    public var spanContext: SpanContext? {
        get {
            guard let parent = self[FieldName.traceParent].flatMap({ TraceParent($0) }) else { return nil }
            return SpanContext(
                traceID: parent.traceID,
                spanID: parent.spanID,
                flags: parent.flags,
                state: self[FieldName.traceState].flatMap { TraceState($0) } ?? TraceState(),
                isRemote: true
            )
        }
        set {
            guard let newValue, newValue.isValid else {
                self[FieldName.traceParent] = nil
                self[FieldName.traceState] = nil
                return
            }
            self[FieldName.traceParent] = newValue.traceParent.description
            self[FieldName.traceState] = newValue.state.isEmpty ? nil : newValue.state.description
        }
    }
}
