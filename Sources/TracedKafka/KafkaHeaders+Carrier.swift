// SPDX-License-Identifier: Apache-2.0

import StitchKafka
import TraceContext

extension KafkaHeaders {
    /// What the headers carry of a trace.
    var carrier: ContextCarrier { readCarrier().carrier }

    /// What the headers carry of a trace, and how many fields came more than once.
    func readCarrier() -> (carrier: ContextCarrier, duplicates: Int) {
        var duplicates = 0
        let carrier = ContextCarrier(messageHeaders: map { ($0.name, $0.value) }, duplicates: &duplicates)
        return (carrier, duplicates)
    }

    /// Writes a carrier's fields, each in place of whatever headers there are under its name.
    mutating func write(_ carrier: ContextCarrier) {
        typealias Name = ContextCarrier.FieldName
        for field in carrier.fields { replace(field.name, with: field.value) }
        // A state belongs to the parent that it came with.
        if carrier[Name.traceParent] != nil, carrier[Name.traceState] == nil { remove(Name.traceState) }
    }
}
