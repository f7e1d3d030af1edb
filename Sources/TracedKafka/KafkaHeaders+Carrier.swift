// SPDX-License-Identifier: Apache-2.0

import StitchKafka
import TraceContext

extension KafkaHeaders {
    /// What the headers carry of a trace.
    ///
    /// Kafka has no rule for repeated headers: the last valid `traceparent` counts, of other fields the last.
    var carrier: ContextCarrier {
        typealias Name = ContextCarrier.FieldName
        var carrier = ContextCarrier()
        for header in self where Name.all.contains(header.name) {
            guard let value = header.value, let text = String(validating: value, as: UTF8.self) else { continue }
            if header.name == Name.traceParent, TraceParent(text) == nil { continue }
            carrier[header.name] = text
        }
        return carrier
    }

    /// Writes a carrier's fields, each in place of whatever headers there are under its name.
    mutating func write(_ carrier: ContextCarrier) {
        typealias Name = ContextCarrier.FieldName
        for field in carrier.fields { replace(field.name, with: field.value) }
        // A state belongs to the parent that it came with.
        if carrier[Name.traceParent] != nil, carrier[Name.traceState] == nil { remove(Name.traceState) }
    }
}
