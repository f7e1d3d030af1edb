// SPDX-License-Identifier: Apache-2.0

extension ContextCarrier {
    /// Takes the trace fields out of a request's fields.
    ///
    /// Names may be in any case. Two `traceparent` fields are no context at all, so the trace starts anew; several
    /// `tracestate` or `baggage` fields are joined in order (W3C Trace Context, sections 3.2 and 3.3).
    ///
    /// - Parameter httpFields: Names and values, as any HTTP library gives them.
    public init(httpFields: some Sequence<(name: String, value: String)>) {
        self.init()
        var traceParents = 0
        for (name, value) in httpFields {
            switch name.lowercased() {
            case FieldName.traceParent:
                traceParents += 1
                self[FieldName.traceParent] = value
            case FieldName.traceState:
                self[FieldName.traceState] = self[FieldName.traceState].map { "\($0),\(value)" } ?? value
            case FieldName.baggage:
                self[FieldName.baggage] = self[FieldName.baggage].map { "\($0),\(value)" } ?? value
            default:
                break
            }
        }
        if traceParents > 1 {
            self[FieldName.traceParent] = nil
            self[FieldName.traceState] = nil
        }
    }
}
