// SPDX-License-Identifier: Apache-2.0

extension ContextCarrier {
    /// Takes the trace fields out of a message's headers, for which no specification has a rule.
    ///
    /// Names are compared as they are. Of several `traceparent` the last valid one counts, or the last if none is; of
    /// other fields the last. A value that is no UTF-8 is passed over.
    ///
    /// - Parameters:
    ///   - messageHeaders: Names and values, as any client gives them.
    ///   - names: Which headers to take; no others are looked into.
    ///   - duplicates: Is raised by one for each header that another one of its name took the place of, or that gave way.
    @inlinable
    public init<Value: Sequence<UInt8>>(
        messageHeaders: some Sequence<(name: String, value: Value?)>,
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
    /// Takes the trace fields out of a message's headers, as the other initializer does, without counting.
    ///
    /// - Parameters:
    ///   - messageHeaders: Names and values, as any client gives them.
    ///   - names: Which headers to take; no others are looked into.
    @inlinable
    public init<Value: Sequence<UInt8>>(
        messageHeaders: some Sequence<(name: String, value: Value?)>,
        names: Set<String> = ContextCarrier.knownFields
    ) {
        var duplicates = 0
        self.init(messageHeaders: messageHeaders, names: names, duplicates: &duplicates)
    }

    /// Whether a header of a message has to go where the carrier's fields are written to it, once each.
    ///
    /// ```swift
    /// headers.removeAll { carrier.replaces($0.name) }
    /// headers += carrier.fields.map { Header($0.name, Array($0.value.utf8)) }
    /// ```
    ///
    /// Not only those of the carrier's own names go: whatever else a message says of a trace, in whatever format, belongs
    /// to another span. A carrier without fields replaces nothing.
    public func replaces(_ name: String) -> Bool {
        !isEmpty && (Self.knownFields.contains(name) || self[name] != nil)
    }
}
