// SPDX-License-Identifier: Apache-2.0

import TraceContext

/// What became of a message in a case.
struct CarrierOutcome {
    var kind: CarrierKind
    var before: [CarrierField]
    var after: [CarrierField]
    /// What was read at the end.
    var carrier: ContextCarrier

    func fields(_ name: String) -> [CarrierField] {
        after.filter { kind.isSame($0.name, name) }
    }

    /// Whether a field has nothing to do with tracing.
    func isOther(_ field: CarrierField) -> Bool {
        !ContextCarrier.knownFields.contains { kind.isSame($0, field.name) }
    }
}

extension CarrierKind {
    /// Whether two names are of one field.
    func isSame(_ name: String, _ other: String) -> Bool {
        self == .messageHeaders ? name == other : name.lowercased() == other.lowercased()
    }
}

/// What has to be at the end of a case.
enum CarrierExpectation: Sendable {
    /// The carrier that is read has this context.
    case context(SpanContext?)
    /// It has these ids and flags; the trace state is not looked at.
    case traceParent(TraceParent?)
    /// It has no context, or this one.
    case noContextOr(SpanContext)
    /// It has this baggage.
    case baggage(Baggage)
    /// It has this value for a field.
    case value(String, String?)
    /// The message holds this field once, with this value.
    case held(CarrierField)
    /// The message holds one `traceparent`, of this context.
    case heldContext(TraceParent)
    /// The message doesn't hold this field.
    case notHeld(String)
    /// The message holds all fields that have nothing to do with tracing, as before.
    case othersUnchanged
    /// The message holds what it held.
    case unchanged

    /// What should have been and what was; `nil` if that is the same.
    func mismatch(in outcome: CarrierOutcome) -> (expected: String, found: String)? {
        switch self {
        case .context, .traceParent, .noContextOr, .baggage, .value: readMismatch(outcome)
        case .held, .heldContext, .notHeld, .othersUnchanged, .unchanged: heldMismatch(outcome)
        }
    }

    private func readMismatch(_ outcome: CarrierOutcome) -> (expected: String, found: String)? {
        let context = outcome.carrier.spanContext
        switch self {
        case .context(let expected):
            return context?.wire == expected?.wire ? nil : (Self.text(expected), "\(Self.text(context)) to be read")
        case .traceParent(let expected):
            let found = context?.traceParent
            return found == expected
                ? nil : (expected.map { "\($0)" } ?? "no context", found.map { "\($0)" } ?? "no context")
        case .noContextOr(let allowed):
            return context == nil || context?.wire == allowed.wire
                ? nil : ("no context or \(Self.text(allowed))", Self.text(context))
        case .baggage(let expected):
            let found = Baggage(outcome.carrier[ContextCarrier.FieldName.baggage] ?? "")
            return found.members == expected.members
                ? nil : ("baggage \(Excerpt.of(expected.description))", "\(Excerpt.of(found.description)) to be read")
        case .value(let name, let expected):
            let found = outcome.carrier[name]
            return found == expected
                ? nil : ("\(name) \(Self.text(expected))", "\(Self.text(found)) to be read")
        default: return nil
        }
    }

    private func heldMismatch(_ outcome: CarrierOutcome) -> (expected: String, found: String)? {
        switch self {
        case .held(let expected):
            let found = outcome.fields(expected.name)
            return found.map(\.value) == [expected.value]
                ? nil : ("one field \(Excerpt.of(expected))", Self.text(found, expected.name))
        case .heldContext(let expected):
            let name = ContextCarrier.FieldName.traceParent
            let found = outcome.fields(name)
            return found.map { $0.text.flatMap { TraceParent($0) } } == [expected]
                ? nil : ("one field \(name): \"\(expected)\"", Self.text(found, name))
        case .notHeld(let name):
            let found = outcome.fields(name)
            return found.isEmpty ? nil : ("no field \(name)", Self.text(found, name))
        case .othersUnchanged:
            let expected = outcome.before.filter(outcome.isOther)
            let found = outcome.after.filter(outcome.isOther)
            return found == expected
                ? nil : ("other fields as they were, \(Excerpt.of(expected))", Excerpt.of(found))
        case .unchanged:
            return outcome.after == outcome.before
                ? nil : ("the fields as they were, \(Excerpt.of(outcome.before))", Excerpt.of(outcome.after))
        default: return nil
        }
    }

    private static func text(_ context: SpanContext?) -> String {
        guard let context else { return "no context" }
        let state = context.state.isEmpty ? "" : " with trace state \(Excerpt.of(context.state.description))"
        return "context \(context.traceParent)\(state)"
    }

    private static func text(_ value: String?) -> String { value.map { Excerpt.of($0) } ?? "nothing" }

    private static func text(_ fields: [CarrierField], _ name: String) -> String {
        switch fields.count {
        case 0: "none"
        case 1: Excerpt.of(fields[0])
        default: "\(fields.count) fields \(name): \(Excerpt.of(fields))"
        }
    }
}

extension SpanContext {
    /// What of a context travels, without where it came from.
    fileprivate var wire: SpanContext {
        SpanContext(traceID: traceID, spanID: spanID, flags: flags.intersection(.known), state: state)
    }
}
