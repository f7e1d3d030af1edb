// SPDX-License-Identifier: Apache-2.0

import StitchTesting
import TraceContext

/// Fields in a list, written and read as they should be, unless told otherwise.
struct CarrierProbe: CarrierFixture {
    var kind: CarrierKind
    var writing: @Sendable (ContextCarrier, inout [CarrierField]) throws -> Void
    var reading: @Sendable ([CarrierField]) throws -> ContextCarrier

    func message(holding fields: [CarrierField]) -> [CarrierField]? {
        // HTTP libraries give text.
        kind == .httpFields && CarrierField.pairs(fields) == nil ? nil : fields
    }

    func fields(of message: [CarrierField]) -> [CarrierField] { message }

    func write(_ carrier: ContextCarrier, to message: inout [CarrierField]) throws { try writing(carrier, &message) }

    func carrier(of message: [CarrierField]) throws -> ContextCarrier { try reading(message) }

    /// Fields of HTTP.
    static let http = CarrierProbe(
        kind: .httpFields,
        writing: { carrier, fields in
            for field in carrier.fields {
                fields.removeAll { $0.name.lowercased() == field.name.lowercased() }
                fields.append(CarrierField(field.name, field.value))
            }
            if carrier["traceparent"] != nil, carrier["tracestate"] == nil {
                fields.removeAll { $0.name.lowercased() == "tracestate" }
            }
        },
        reading: { ContextCarrier(httpFields: CarrierField.pairs($0) ?? []) }
    )

    /// Headers of messages.
    static let message = CarrierProbe(
        kind: .messageHeaders,
        writing: { carrier, fields in
            guard !carrier.isEmpty else { return }
            fields.removeAll { ContextCarrier.knownFields.contains($0.name) }
            fields += carrier.fields.map { CarrierField($0.name, $0.value) }
        },
        reading: { fields in
            var duplicates = 0
            return ContextCarrier(messageHeaders: fields.map { ($0.name, $0.value) }, duplicates: &duplicates)
        }
    )
}

/// What a user may have: a dictionary of texts.
struct Metadata: CarrierFixture {
    let kind = CarrierKind.row

    func message(holding fields: [CarrierField]) -> [String: String]? { CarrierField.dictionary(fields) }

    func fields(of message: [String: String]) -> [CarrierField] { message.map { CarrierField($0.key, $0.value) } }

    func write(_ carrier: ContextCarrier, to message: inout [String: String]) {
        for name in ContextCarrier.knownFields { message[name] = nil }
        for field in carrier.fields { message[field.name] = field.value }
    }

    func carrier(of message: [String: String]) -> ContextCarrier {
        var carrier = ContextCarrier()
        for name in ContextCarrier.knownFields.sorted() { carrier[name] = message[name] }
        return carrier
    }
}
