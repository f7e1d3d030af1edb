// SPDX-License-Identifier: Apache-2.0

extension ContextCarrier {
    /// Takes the trace fields out of a message's headers, for which no specification has a rule.
    ///
    /// Names are compared as they are. Of several `traceparent` the last valid one counts, or the last if none is; of
    /// other fields the last. A value that is no UTF-8 is passed over.
    ///
    /// - Parameters:
    ///   - messageHeaders: Names and values, as any client gives them.
    ///   - names: Which headers to take.
    ///   - duplicates: Is raised by one for each header that another one of its name took the place of, or that gave way.
    public init(
        messageHeaders: some Sequence<(name: String, value: [UInt8]?)>,
        names: Set<String> = ContextCarrier.knownFields,
        duplicates: inout Int
    ) {
        self.init()
        for (name, value) in messageHeaders where names.contains(name) {
            guard let value, let text = String(validating: value, as: UTF8.self) else { continue }
            guard let current = self[name] else {
                self[name] = text
                continue
            }
            duplicates += 1
            if name == FieldName.traceParent, TraceParent(text) == nil, TraceParent(current) != nil { continue }
            self[name] = text
        }
    }
}
