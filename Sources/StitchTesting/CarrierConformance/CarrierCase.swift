// SPDX-License-Identifier: Apache-2.0

import TraceContext

/// One case of the suite: a message that another program made, what is written to it, and what has to be then.
struct CarrierCase: Sendable {
    var rule: CarrierViolation.Rule
    var name: String
    var holding: [CarrierField] = []
    var writing: [ContextCarrier] = []
    /// Whether there may be carriers that can't hold such fields at all.
    var mayBeRefused = false
    var expecting: [CarrierExpectation]

    /// All cases that are written down.
    static func written(for kind: CarrierKind) -> [CarrierCase] {
        roundTrips(kind) + readings(kind) + replacements(kind) + leftovers(kind) + emptyCarriers(kind)
            + duplicates(kind) + oversize(kind) + garbage(kind) + versions
    }

    /// A case that writes a carrier, and expects it to be there and everything else to be as its kind has it.
    init(
        _ rule: CarrierViolation.Rule,
        _ name: String,
        writing carrier: ContextCarrier,
        over holding: [CarrierField] = [],
        times: Int = 1,
        kind: CarrierKind,
        mayBeRefused: Bool = false
    ) {
        typealias Name = ContextCarrier.FieldName
        var expecting: [CarrierExpectation] = []
        for field in carrier.fields {
            if field.name == Name.traceParent, let parent = TraceParent(field.value) {
                expecting.append(.heldContext(parent))
            } else {
                expecting.append(.held(CarrierField(field.name, field.value)))
            }
        }
        for name in ContextCarrier.knownFields.sorted() where carrier[name] == nil {
            let isHeld = holding.contains { kind.isSame($0.name, name) }
            // In HTTP only a state goes with its parent; other fields are their sender's own affair.
            let goes = kind != .httpFields || (name == Name.traceState && carrier[Name.traceParent] != nil)
            if !isHeld || goes { expecting.append(.notHeld(name)) }
        }
        if kind != .row { expecting.append(.othersUnchanged) }
        if carrier[Name.traceParent] != nil { expecting.append(.context(carrier.spanContext)) }
        for field in carrier.fields where !Name.all.prefix(2).contains(field.name) {
            expecting.append(.value(field.name, field.value))
        }
        self.init(
            rule: rule,
            name: name,
            holding: holding,
            writing: Array(repeating: carrier, count: times),
            mayBeRefused: mayBeRefused,
            expecting: expecting
        )
    }

    init(
        rule: CarrierViolation.Rule,
        name: String,
        holding: [CarrierField] = [],
        writing: [ContextCarrier] = [],
        mayBeRefused: Bool = false,
        expecting: [CarrierExpectation]
    ) {
        self.rule = rule
        self.name = name
        self.holding = holding
        self.writing = writing
        self.mayBeRefused = mayBeRefused
        self.expecting = expecting
    }
}

/// Field values that the cases are made of.
enum Sample {
    typealias Name = ContextCarrier.FieldName

    static let older = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    static let newer = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    static let third = "00-11111111111111112222222222222222-3333333333333333-00"

    static let b3 = "80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-1-05e3ac9a4f6e3b90"

    /// Fields that tracing must leave alone.
    static let others = [
        CarrierField("content-type", "application/json"), CarrierField("x-request-id", "7"),
        CarrierField("stitch-attempt", "2"),
    ]

    /// The context of a `traceparent` and a `tracestate`.
    static func context(_ parent: String, state: String = "") -> SpanContext? {
        TraceParent(parent).map {
            SpanContext(
                traceID: $0.traceID,
                spanID: $0.spanID,
                flags: $0.flags,
                state: TraceState(state) ?? TraceState()
            )
        }
    }

    static func carrier(_ fields: KeyValuePairs<String, String>) -> ContextCarrier {
        var carrier = ContextCarrier()
        for (name, value) in fields { carrier[name] = value }
        return carrier
    }

    /// All fields that there are.
    static let everything = carrier([
        Name.traceParent: newer, Name.traceState: "vendor=new,other=2", Name.baggage: "user=7;private,tenant=n%C3%B8",
        StitchField.name: "o=1700000000000;c=new;later=kept", B3Propagator.FieldName.single: b3,
        B3Propagator.FieldName.traceID: "80f198ee56343ba864fe8b2a57d3eff7",
        B3Propagator.FieldName.spanID: "e457b5a2e4d86bd1", B3Propagator.FieldName.sampled: "0",
        B3Propagator.FieldName.flags: "1",
    ])

    /// All fields, as an older context had them.
    static let leftBehind =
        [
            CarrierField(Name.traceParent, older), CarrierField(Name.traceState, "vendor=old"),
            CarrierField(Name.baggage, "user=6"), CarrierField(StitchField.name, "o=1600000000000"),
        ] + B3Propagator.FieldName.all.map { CarrierField($0, "0") }
}
