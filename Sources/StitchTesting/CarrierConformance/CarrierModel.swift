// SPDX-License-Identifier: Apache-2.0

import TraceContext

/// What has to be read from fields, by the rules for repeated ones; shares nothing with the code that reads.
struct CarrierModel {
    var kind: CarrierKind
    var fields: [CarrierField]

    private func texts(_ name: String) -> [String?] {
        fields.filter { kind.isSame($0.name, name) }.map(\.text)
    }

    private var parent: TraceParent? {
        let texts = texts(ContextCarrier.FieldName.traceParent)
        let valid = texts.compactMap { $0 }.compactMap { TraceParent($0) }
        return kind == .messageHeaders || texts.count == 1 ? valid.last : nil
    }

    private func text(_ name: String) -> String {
        let texts = texts(name).compactMap { $0 }
        return kind == .httpFields ? texts.joined(separator: ",") : texts.last ?? ""
    }

    /// The context; `nil` where a new trace has to begin.
    var context: SpanContext? {
        parent.map {
            SpanContext(
                traceID: $0.traceID,
                spanID: $0.spanID,
                flags: $0.flags,
                state: TraceState(text(ContextCarrier.FieldName.traceState)) ?? TraceState()
            )
        }
    }

    /// The baggage.
    var baggage: Baggage { Baggage(text(ContextCarrier.FieldName.baggage)) }
}
