// SPDX-License-Identifier: Apache-2.0

import TraceContext

extension CarrierCase {
    private typealias Name = ContextCarrier.FieldName

    /// Every legal context, written to a message that has none.
    static func roundTrips(_ kind: CarrierKind) -> [CarrierCase] {
        let state = LegalText.longestTraceState
        let carriers: [(String, ContextCarrier)] =
            LegalText.traceParents.map { ("traceparent \($0)", Sample.carrier([Name.traceParent: $0])) }
            + LegalText.traceStates.map { name, state in
                ("tracestate, \(name)", Sample.carrier([Name.traceParent: Sample.newer, Name.traceState: state]))
            }
            + LegalText.baggages.map { name, baggage in
                ("baggage, \(name)", Sample.carrier([Name.traceParent: Sample.newer, Name.baggage: baggage]))
            }
            + LegalText.b3.map { name, carrier in ("B3, \(name)", carrier) }
            + [
                ("baggage without a trace", Sample.carrier([Name.baggage: "user=7"])),
                (
                    "a stitch field with unknown keys",
                    Sample.carrier([
                        Name.traceParent: Sample.newer,
                        StitchField.name: "o=1700000000000;c=new;z-9_a=~!@#$%^&*()=,;later=1",
                    ])
                ),
                (
                    "a stitch field of 256 bytes",
                    Sample.carrier([
                        Name.traceParent: Sample.newer, StitchField.name: "o=1;x=" + String(repeating: "v", count: 250),
                    ])
                ),
                ("all fields at once", Sample.everything),
                (
                    "all fields at their longest",
                    Sample.carrier([
                        Name.traceParent: Sample.newer, Name.traceState: state,
                        Name.baggage: LegalText.longestBaggage,
                    ])
                ),
            ]
        return carriers.map { CarrierCase(.roundTrip, $0, writing: $1, kind: kind) }
    }

    /// A carrier written where other programs, or an earlier write, left fields.
    static func replacements(_ kind: CarrierKind) -> [CarrierCase] {
        let newer = Sample.carrier([
            Name.traceParent: Sample.newer, Name.traceState: "vendor=new", Name.baggage: "user=7",
        ])
        var cases = [
            CarrierCase(.replacement, "the same carrier twice", writing: Sample.everything, times: 2, kind: kind),
            CarrierCase(
                .replacement,
                "all fields over all fields",
                writing: Sample.everything,
                over: Sample.leftBehind + Sample.others,
                kind: kind
            ),
            CarrierCase(
                .replacement,
                "over garbage",
                writing: newer,
                over: [CarrierField(Name.traceParent, "rubbish"), CarrierField(Name.traceState, "=")],
                kind: kind
            ),
            CarrierCase(
                .replacement,
                "over bytes that are no text",
                writing: newer,
                over: [CarrierField(Name.traceParent, [0xff, 0xfe]), CarrierField(Name.baggage, [0xc3])],
                kind: kind,
                mayBeRefused: true
            ),
        ]
        guard kind != .row else { return cases }
        let doubled = [Sample.others[0]] + Sample.leftBehind + [Sample.others[1]] + Sample.leftBehind + Sample.others
        cases += [
            CarrierCase(
                .replacement,
                "two traceparent of other programs",
                writing: newer,
                over: [CarrierField(Name.traceParent, Sample.older), CarrierField(Name.traceParent, Sample.third)],
                kind: kind
            ),
            CarrierCase(
                .replacement,
                "two and three of each field of other programs",
                writing: Sample.everything,
                over: doubled + [CarrierField(Name.traceState, "a=1"), CarrierField(Name.baggage, "b=2")],
                kind: kind
            ),
        ]
        if kind == .httpFields {
            let shouted = Sample.leftBehind.map { CarrierField($0.name.uppercased(), $0.value) }
            cases.append(
                CarrierCase(
                    .replacement,
                    "names of other programs in another case",
                    writing: Sample.everything,
                    over: shouted + [CarrierField("TraceParent", Sample.third)],
                    kind: kind
                )
            )
        }
        return cases
    }

    /// A carrier with few fields written over a context with many.
    static func leftovers(_ kind: CarrierKind) -> [CarrierCase] {
        var carriers: [(String, ContextCarrier)] = [
            ("a traceparent over an older context with all fields", Sample.carrier([Name.traceParent: Sample.newer])),
            (
                "a traceparent and baggage over an older context with all fields",
                Sample.carrier([Name.traceParent: Sample.newer, Name.baggage: "user=7"])
            ),
        ]
        if kind != .httpFields {
            carriers += [
                ("b3 over an older context", Sample.carrier([B3Propagator.FieldName.single: Sample.b3])),
                ("baggage over an older context", Sample.carrier([Name.baggage: "user=7"])),
            ]
        }
        return carriers.map { name, carrier in
            CarrierCase(.leftovers, name, writing: carrier, over: Sample.leftBehind + Sample.others, kind: kind)
        }
    }

    /// Nothing written.
    static func emptyCarriers(_ kind: CarrierKind) -> [CarrierCase] {
        let nothing = CarrierCase(
            rule: .emptyCarrier,
            name: "over nothing",
            writing: [ContextCarrier()],
            expecting: [.unchanged, .context(nil)] + ContextCarrier.knownFields.sorted().map { .value($0, nil) }
        )
        // What writing nothing does to a row is for the row to say.
        guard kind != .row else { return [nothing] }
        return [
            nothing,
            CarrierCase(
                rule: .emptyCarrier,
                name: "over a context",
                holding: Sample.others + Sample.leftBehind,
                writing: [ContextCarrier()],
                expecting: [.unchanged, .context(Sample.context(Sample.older, state: "vendor=old"))]
            ),
        ]
    }
}
