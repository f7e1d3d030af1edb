// SPDX-License-Identifier: Apache-2.0

import TraceContext

extension CarrierCase {
    private typealias Name = ContextCarrier.FieldName

    private static let parent = CarrierField(Name.traceParent, Sample.newer)

    /// What is longer than it may be.
    static func oversize(_ kind: CarrierKind) -> [CarrierCase] {
        let megabyte = String(repeating: "x", count: 100_000)
        let manyMembers = (1...20_000).map { "v\($0)=1" }.joined(separator: ",")
        let unlimited: [(String, [CarrierField])] = [
            ("a traceparent of 100 kB", [CarrierField(Name.traceParent, Sample.newer + megabyte)]),
            (
                "a traceparent of 100 kB of digits",
                [CarrierField(Name.traceParent, String(repeating: "0", count: 100_000))]
            ),
            ("a tracestate with a value of 100 kB", [parent, CarrierField(Name.traceState, "a=\(megabyte)")]),
            ("a tracestate of 20,000 members", [parent, CarrierField(Name.traceState, manyMembers)]),
            ("a tracestate of 33 members", [parent, CarrierField(Name.traceState, thirtyThreeMembers)]),
            ("a tracestate with a key of 257 characters", [parent, CarrierField(Name.traceState, longKey)]),
            ("a tracestate of 100 kB of commas", [parent, CarrierField(Name.traceState, commas)]),
            ("baggage with a value of 100 kB", [parent, CarrierField(Name.baggage, "a=\(megabyte)")]),
            ("baggage of 20,000 members", [parent, CarrierField(Name.baggage, manyMembers)]),
            ("baggage of 100 kB of commas", [parent, CarrierField(Name.baggage, commas)]),
            ("a stitch field of 100 kB", [parent, CarrierField(StitchField.name, "o=1;x=\(megabyte)")]),
            ("b3 of 100 kB", [parent, CarrierField(B3Propagator.FieldName.single, megabyte)]),
        ]
        var cases = unlimited.map { name, holding in
            let model = CarrierModel(kind: kind, fields: holding)
            return CarrierCase(
                rule: .oversize,
                name: name,
                holding: holding,
                mayBeRefused: true,
                expecting: [.context(model.context), .baggage(model.baggage)]
            )
        }
        // The specification lets a version to come be that long, and a carrier refuse it.
        if let context = Sample.context(Sample.newer) {
            cases.append(
                CarrierCase(
                    rule: .oversize,
                    name: "a traceparent of a version to come and of 100 kB",
                    holding: [CarrierField(Name.traceParent, "01\(Sample.newer.dropFirst(2))-\(megabyte)")],
                    mayBeRefused: true,
                    expecting: [.noContextOr(context)]
                )
            )
        }
        for (name, field) in [
            ("tracestate", Name.traceState), ("baggage", Name.baggage), ("stitch field", StitchField.name),
        ] {
            let carrier = Sample.carrier([Name.traceParent: Sample.newer, field: "a=\(megabyte)"])
            cases.append(keepsParent(.oversize, "writing a \(name) of 100 kB", carrier))
        }
        let state = Sample.carrier([Name.traceParent: Sample.newer, Name.traceState: thirtyThreeMembers])
        return cases + [keepsParent(.oversize, "writing a tracestate of 33 members", state)]
    }

    private static let thirtyThreeMembers = (1...33).map { "v\($0)=1" }.joined(separator: ",")
    private static let longKey = String(repeating: "k", count: 257) + "=1"
    private static let commas = String(repeating: ",", count: 100_000)

    /// A case that writes something illegal beside a good `traceparent`, which has to arrive.
    private static func keepsParent(
        _ rule: CarrierViolation.Rule,
        _ name: String,
        _ carrier: ContextCarrier
    ) -> CarrierCase {
        CarrierCase(
            rule: rule,
            name: name,
            writing: [carrier],
            expecting: [.traceParent(TraceParent(Sample.newer))]
        )
    }

    /// What is not legal: alone, and beside a good `traceparent`.
    static func garbage(_ kind: CarrierKind) -> [CarrierCase] {
        let good = Sample.newer
        let badParents =
            badTexts + [
                String(good.dropLast()), good + "0", good + ",", good.uppercased(),
                good.replacing("-", with: "_"), "0" + good, "0x" + good.dropFirst(2), good.replacing("4", with: "g"),
                "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
                good.replacing("4bf9", with: "４bf9"), good.replacing("-01", with: "-0\u{301}"), good + "\r\n" + good,
            ]
            // Round a field of HTTP they are no part of the value.
            + (kind == .httpFields ? [] : [good + " ", " " + good])
        let beside = [
            Name.traceState: badTexts + ["A=1", "a=1,B=2", "a", "a=", "=1", "a=1=2", "a=\u{e9}", "a=1;b=2"],
            Name.baggage: badTexts + ["a", "=1", "a b=1", "a=1,,;,b=2", "a=%", "a=%zz", "a=%ff", "a=\u{e9},b=2"],
            StitchField.name: badTexts + ["o=-1", "o=99999999999999999999", "c=maybe", "=;=;", "O=1"],
            B3Propagator.FieldName.single: badTexts + ["1", "-", "----", "x-y-1", "\(Sample.b3)-1-2-3"],
            B3Propagator.FieldName.traceID: badTexts,
        ].sorted { $0.key < $1.key }
        return badParents.map { text in garbage(CarrierField(Name.traceParent, text), kind) }
            + badBytes.map { bytes in garbage(CarrierField(Name.traceParent, bytes), kind, mayBeRefused: true) }
            + beside.flatMap { name, texts in texts.map { garbage(CarrierField(name, $0), kind, beside: [parent]) } }
            + beside.flatMap { name, _ in
                badBytes.map { garbage(CarrierField(name, $0), kind, beside: [parent], mayBeRefused: true) }
            }
            + writtenGarbage
    }

    private static func garbage(
        _ field: CarrierField,
        _ kind: CarrierKind,
        beside others: [CarrierField] = [],
        mayBeRefused: Bool = false
    ) -> CarrierCase {
        let holding = others + [field]
        let model = CarrierModel(kind: kind, fields: holding)
        return CarrierCase(
            rule: .garbage,
            name: Excerpt.of(field),
            holding: holding,
            mayBeRefused: mayBeRefused || !field.value.allSatisfy { (0x20...0x7e).contains($0) },
            expecting: [.context(model.context), .baggage(model.baggage)]
        )
    }

    /// Text that is legal nowhere.
    private static let badTexts = [
        "", " ", "\t", ",", "rubbish", "\u{1}\u{2}\u{7f}", "a\nb", "nul\0", "\0", "n\u{f8}", "\u{1f40c}", "null",
        "{\"a\":1}", "'; DROP TABLE jobs; --", "\\u0000", "%00",
    ]

    /// Bytes that are no UTF-8: alone, cut off, overlong, a surrogate, and a good value with one such byte in it.
    private static let badBytes: [[UInt8]] = [
        [0xff], [0xc3], [0xc0, 0x80], [0xed, 0xa0, 0x80], Array("a=".utf8) + [0x80],
        Array(Sample.newer.utf8.dropLast()) + [0xfe],
    ]

    /// A carrier may hold what its message can't: that costs nothing else.
    private static var writtenGarbage: [CarrierCase] {
        [Name.traceState, Name.baggage, StitchField.name, B3Propagator.FieldName.single].flatMap { name in
            badTexts.map { text in
                let carrier = Sample.carrier([Name.traceParent: Sample.newer, name: text])
                return keepsParent(.garbage, "writing \(name): \(Excerpt.of(text))", carrier)
            }
        }
    }
}
