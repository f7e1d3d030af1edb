// SPDX-License-Identifier: Apache-2.0

import TraceContext

extension CarrierCase {
    private typealias Name = ContextCarrier.FieldName

    /// A case that reads `context` from what another program wrote.
    private static func reads(
        _ rule: CarrierViolation.Rule,
        _ name: String,
        _ holding: [CarrierField],
        _ context: SpanContext?,
        mayBeRefused: Bool = false,
        _ further: [CarrierExpectation] = []
    ) -> CarrierCase {
        CarrierCase(
            rule: rule,
            name: name,
            holding: holding,
            mayBeRefused: mayBeRefused,
            expecting: [.context(context)] + further
        )
    }

    private static let parent = CarrierField(Name.traceParent, Sample.newer)
    private static let context = Sample.context(Sample.newer)

    /// What other programs may legally write.
    static func readings(_ kind: CarrierKind) -> [CarrierCase] {
        var cases = [
            reads(.reading, "no fields", [], nil, [.value(Name.traceParent, nil), .value(Name.baggage, nil)]),
            reads(.reading, "other fields only", Sample.others, nil, [.value(Name.traceParent, nil)]),
            reads(
                .reading,
                "trace fields among others",
                [Sample.others[0]] + Sample.leftBehind + [Sample.others[1]],
                Sample.context(Sample.older, state: "vendor=old"),
                [.baggage(Baggage("user=6")), .value(StitchField.name, "o=1600000000000")]
            ),
            reads(
                .reading,
                "a tracestate with empty members, spaces and tabs",
                [parent, CarrierField(Name.traceState, " a=1 ,, b=2\t,")],
                Sample.context(Sample.newer, state: "a=1,b=2")
            ),
            reads(
                .reading,
                "baggage with spaces",
                [parent, CarrierField(Name.baggage, " user = 7 ; private , tenant=8")],
                context,
                [.baggage(Baggage("user=7;private,tenant=8"))]
            ),
            reads(.reading, "a tracestate without traceparent", [CarrierField(Name.traceState, "a=1")], nil),
        ]
        let everyFlag = (0..<8).map { UInt8(1) << $0 } + [0x00, 0x03, 0xfe, 0xff]
        cases += everyFlag.map { flags in
            let digits = (flags < 16 ? "0" : "") + String(flags, radix: 16)
            let text = "\(Sample.newer.dropLast(2))\(digits)"
            return reads(.reading, "flags \(digits)", [CarrierField(Name.traceParent, text)], Sample.context(text))
        }
        switch kind {
        case .httpFields:
            cases.append(
                reads(
                    .reading,
                    "names in any case",
                    [
                        CarrierField("TraceParent", Sample.newer), CarrierField("TRACESTATE", "a=1"),
                        CarrierField("Baggage", "user=7"), CarrierField("X-B3-TraceId", "64fe8b2a57d3eff7"),
                    ],
                    Sample.context(Sample.newer, state: "a=1"),
                    [
                        .baggage(Baggage("user=7")),
                        .value(B3Propagator.FieldName.traceID, "64fe8b2a57d3eff7"),
                    ]
                )
            )
        case .messageHeaders:
            cases.append(
                reads(
                    .reading,
                    "names in another case are other names",
                    [CarrierField("TraceParent", Sample.newer), CarrierField("Baggage", "user=7")],
                    nil,
                    [.baggage(Baggage())]
                )
            )
        case .row: break
        }
        return cases
    }

    /// Fields that come more than once.
    static func duplicates(_ kind: CarrierKind) -> [CarrierCase] {
        guard kind != .row else { return [] }
        func parents(_ texts: String...) -> [CarrierField] { texts.map { CarrierField(Name.traceParent, $0) } }
        func states(_ texts: String...) -> [CarrierField] { texts.map { CarrierField(Name.traceState, $0) } }
        func baggages(_ texts: String...) -> [CarrierField] { texts.map { CarrierField(Name.baggage, $0) } }
        let upperCase = [CarrierField("Traceparent", Sample.third)]
        let holdings = [
            ("two traceparent", parents(Sample.older, Sample.newer)),
            ("two traceparent and a tracestate", parents(Sample.older, Sample.newer) + states("a=1")),
            ("the same traceparent twice", parents(Sample.newer, Sample.newer)),
            ("an invalid traceparent behind a valid one", parents(Sample.newer, "rubbish")),
            ("an invalid traceparent before a valid one", parents("rubbish", Sample.newer)),
            ("an invalid traceparent between valid ones", parents(Sample.older, "", Sample.newer, "ff")),
            ("two invalid traceparent", parents("rubbish", "")),
            ("a traceparent whose name is in another case beside it", upperCase + [parent]),
            ("two tracestate", [parent] + states("a=1", "b=2")),
            ("three tracestate, the second empty", states("a=1") + [parent] + states("", "b=2,c=3")),
            ("two tracestate of 20 members each", [parent] + states(members(1...20), members(21...40))),
            ("a bad tracestate behind a good one", [parent] + states("a=1", "B=2")),
            ("two baggage", [parent] + baggages("user=7;private", "tenant=8")),
            ("three baggage with the same key", baggages("user=7") + [parent] + baggages("user=8", "user=9")),
            ("a thousand traceparent", [parent] + Array(repeating: parent, count: 999)),
            ("a thousand tracestate", [parent] + Array(repeating: states("a=1")[0], count: 1000)),
        ]
        return holdings.map { name, holding in
            let model = CarrierModel(kind: kind, fields: holding)
            return reads(.duplicates, name, holding, model.context, [.baggage(model.baggage)])
        }
    }

    private static func members(_ range: ClosedRange<Int>) -> String {
        range.map { "v\($0)=1" }.joined(separator: ",")
    }

    /// `traceparent` of versions to come, and of the one that there will never be.
    static var versions: [CarrierCase] {
        let rest = Sample.newer.dropFirst(2)
        let known = ["01", "cc", "fe"].flatMap { version in
            ["", "-", "-extra", "-extra-and-more"].map { (version + rest + $0, context) }
        }
        let unknown = ["01.", "ccx", "00-", "00-extra", "ff", "ff-extra"].map { text in
            (String(text.prefix(2) + rest + text.dropFirst(2)), SpanContext?.none)
        }
        return (known + unknown).map { text, context in
            reads(
                .versions,
                "traceparent \(text)",
                [CarrierField(Name.traceParent, text), CarrierField(Name.traceState, "a=1")],
                context.flatMap { _ in Sample.context(Sample.newer, state: "a=1") }
            )
        }
    }
}
