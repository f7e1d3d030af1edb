// SPDX-License-Identifier: Apache-2.0

extension ContextCarrier {
    /// The names of all fields that some propagator of Stitch reads, in lower case.
    public static let knownFields: Set<String> =
        Set(FieldName.all + [StitchField.name] + B3Propagator.FieldName.all)

    /// Takes the trace fields out of a request's fields.
    ///
    /// Names may be in any case. Two `traceparent` fields are no context at all, so the trace starts anew; without exactly
    /// one, `tracestate` is dropped. Several `tracestate` or `baggage` fields are joined in order (W3C Trace Context,
    /// sections 3.2, 3.3 and 4.1.1; W3C Baggage, section 3). Of other fields the first counts.
    ///
    /// - Parameters:
    ///   - httpFields: Names and values, as any HTTP library gives them.
    ///   - names: Which fields to take, in lower case.
    public init(
        httpFields: some Sequence<(name: String, value: String)>,
        names: Set<String> = ContextCarrier.knownFields
    ) {
        self.init()
        var traceParents = 0
        for (name, value) in httpFields {
            let name = name.lowercased()
            guard names.contains(name) else { continue }
            switch name {
            case FieldName.traceParent:
                traceParents += 1
                self[name] = value
            case FieldName.traceState, FieldName.baggage:
                self[name] = self[name].map { "\($0),\(value)" } ?? value
            default:
                if self[name] == nil { self[name] = value }
            }
        }
        if traceParents != 1 {
            self[FieldName.traceParent] = nil
            self[FieldName.traceState] = nil
        }
    }
}
