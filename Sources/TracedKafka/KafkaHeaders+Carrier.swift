// SPDX-License-Identifier: Apache-2.0

import MessageTracing
import StitchKafka
import TelemetryAPI
import TraceContext

extension KafkaHeaders {
    /// What the headers carry of a trace.
    var carrier: ContextCarrier { readCarrier().carrier }

    /// What the headers carry of a trace; `nil` where none of them has to do with one.
    var incoming: ContextCarrier? {
        let fields = TelemetrySystem.tracer.fields
        let isIncoming = contains { header in
            ContextCarrier.knownFields.contains(header.name) || fields.contains(header.name)
        }
        return isIncoming ? carrier : nil
    }

    /// What the headers carry of a trace, and how many fields came more than once.
    func readCarrier() -> (carrier: ContextCarrier, duplicates: Int) {
        var duplicates = 0
        let carrier = ContextCarrier(
            messageHeaders: lazy.map { ($0.name, $0.value) },
            names: TelemetrySystem.tracer.fields,
            duplicates: &duplicates
        )
        return (carrier, duplicates)
    }

    /// Writes a carrier's fields, each in place of whatever headers there are under its name.
    ///
    /// Nothing is left of an older context: whoever reads the record would take it for a part of the new one. A carrier
    /// without fields changes nothing, unless there was one to be taken away.
    mutating func write(_ carrier: ContextCarrier, inPlaceOf incoming: ContextCarrier = ContextCarrier()) {
        guard !carrier.isEmpty || !incoming.isEmpty else { return }
        let older = Set(map(\.name)).intersection(ContextCarrier.knownFields)
        for name in older where carrier[name] == nil { remove(name) }
        for field in carrier.fields { replace(field.name, with: field.value) }
    }
}

extension KafkaConsumedRecord {
    /// What the record carries of a trace, and how many fields came more than once.
    func readCarrier() -> (carrier: ContextCarrier, duplicates: Int) {
        let read = withNativeHeaders { fetched -> (carrier: ContextCarrier, duplicates: Int) in
            guard let fetched else { return (ContextCarrier(), 0) }
            // Nearly always there is nothing but what Stitch's own producers write: read without looking names up.
            if let carrier = ContextCarrier(plain: fetched) { return (carrier, 0) }
            var duplicates = 0
            let names = TelemetrySystem.tracer.fields
            let carrier = ContextCarrier(messageHeaders: fetched.named, names: names, duplicates: &duplicates)
            return (carrier, duplicates)
        }
        return read ?? headers.readCarrier()
    }
}

extension NativeHeaders {
    /// A record's headers, with what its span has it carry in place of all that it carries so far.
    ///
    /// - Parameters:
    ///   - headers: The record's headers.
    ///   - span: The span.
    ///   - incoming: What the record carries so far; `nil` where no header has to do with a trace.
    @inline(__always)
    init(_ headers: KafkaHeaders, _ span: borrowing OwnedSendSpan, _ incoming: ContextCarrier?) {
        if let carrier = span.carrier {
            var headers = headers
            headers.write(carrier, inPlaceOf: incoming ?? ContextCarrier())
            self.init(headers)
            return
        }
        self.init(headers, andRoomFor: 2)
        span.writeFields { name, value in add(name, value) }
    }
}

extension ContextCarrier {
    /// What headers carry that are a `traceparent` and a `stitch` field at most, once each; `nil` if there are others.
    fileprivate init?(plain headers: NativeHeaderSequence) {
        self.init()
        for (name, value) in headers {
            let field: String
            if name.isEqual(to: FieldName.traceParent) {
                field = FieldName.traceParent
            } else if name.isEqual(to: StitchField.name) {
                field = StitchField.name
            } else {
                return nil
            }
            guard let value, self[field] == nil, let text = String(validating: value, as: UTF8.self) else { return nil }
            self[field] = text
        }
    }
}
