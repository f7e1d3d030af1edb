// SPDX-License-Identifier: Apache-2.0

extension ContextCarrier {
    /// The names of all fields that some propagator of Stitch reads, in lower case.
    public static let knownFields: Set<String> =
        Set(FieldName.all + [StitchField.name] + B3Propagator.FieldName.all)

    /// Takes the trace fields out of a request's fields.
    ///
    /// Names may be in any case. Spaces and tabs round `traceparent` are no part of it, whether or not the server has taken
    /// them away (RFC 9110, section 5.5); those round members of the others are legal. Two `traceparent` fields are no context at all, so the trace starts anew; without exactly
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
                self[name] = value.withoutWhitespaceAround
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

extension String {
    /// Without the spaces and tabs at both ends.
    fileprivate var withoutWhitespaceAround: String {
        func isWhitespace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        guard utf8.first.map(isWhitespace) == true || utf8.last.map(isWhitespace) == true else { return self }
        var value = self[...].utf8
        while value.first.map(isWhitespace) == true { value.removeFirst() }
        while value.last.map(isWhitespace) == true { value.removeLast() }
        return String(Substring(value))
    }
}
