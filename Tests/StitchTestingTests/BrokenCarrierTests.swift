// SPDX-License-Identifier: Apache-2.0

import StitchTesting
import Testing
import TraceContext

private struct Refused: Error {}

/// A carrier with one flaw, and the rules that it has to be reported for.
struct BrokenCarrier: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var rules: Set<CarrierViolation.Rule>
    var probe: @Sendable () -> CarrierProbe

    init(
        _ flaw: String,
        breaks rules: Set<CarrierViolation.Rule>,
        of kind: CarrierKind = .messageHeaders,
        _ spoil: @escaping @Sendable (inout CarrierProbe) -> Void
    ) {
        testDescription = flaw
        self.rules = rules
        probe = {
            var probe = kind == .httpFields ? CarrierProbe.http : CarrierProbe.message
            spoil(&probe)
            return probe
        }
    }

    /// Changes the carrier before it is written.
    static func written(
        _ flaw: String,
        breaks rules: Set<CarrierViolation.Rule>,
        _ change: @escaping @Sendable (inout ContextCarrier) throws -> Void
    ) -> BrokenCarrier {
        BrokenCarrier(flaw, breaks: rules) { probe in
            let write = probe.writing
            probe.writing = { carrier, fields in
                var carrier = carrier
                try change(&carrier)
                try write(carrier, &fields)
            }
        }
    }

    /// Changes the carrier after it was read.
    static func read(
        _ flaw: String,
        breaks rules: Set<CarrierViolation.Rule>,
        of kind: CarrierKind = .messageHeaders,
        _ change: @escaping @Sendable (inout ContextCarrier) throws -> Void
    ) -> BrokenCarrier {
        BrokenCarrier(flaw, breaks: rules, of: kind) { probe in
            let read = probe.reading
            probe.reading = { fields in
                var carrier = try read(fields)
                try change(&carrier)
                return carrier
            }
        }
    }
}

@Suite("The carrier suite finds")
struct BrokenCarrierTests {
    static let writers: [BrokenCarrier] = [
        BrokenCarrier("appends instead of replacing", breaks: [.replacement, .leftovers]) { probe in
            probe.writing = { carrier, fields in
                fields += carrier.fields.map { CarrierField($0.name, $0.value) }
            }
        },
        BrokenCarrier("leaves fields of an older context", breaks: [.leftovers]) { probe in
            probe.writing = { carrier, fields in
                for field in carrier.fields {
                    fields.removeAll { $0.name == field.name }
                    fields.append(CarrierField(field.name, field.value))
                }
            }
        },
        BrokenCarrier("removes what is not its own", breaks: [.replacement, .leftovers]) { probe in
            probe.writing = { carrier, fields in
                if !carrier.isEmpty { fields = carrier.fields.map { CarrierField($0.name, $0.value) } }
            }
        },
        BrokenCarrier("an empty carrier removes what is there", breaks: [.emptyCarrier]) { probe in
            let write = probe.writing
            probe.writing = { carrier, fields in
                if carrier.isEmpty { fields.removeAll { ContextCarrier.knownFields.contains($0.name) } }
                try write(carrier, &fields)
            }
        },
        .written("loses a context that is not sampled", breaks: [.roundTrip]) { carrier in
            if carrier.spanContext?.isSampled == false { carrier.spanContext = nil }
        },
        .written("drops the random flag", breaks: [.roundTrip]) { $0.spanContext?.flags.remove(.random) },
        .written("drops tracestate", breaks: [.roundTrip, .replacement]) { $0["tracestate"] = nil },
        .written("cuts tracestate at 512 characters", breaks: [.roundTrip]) { carrier in
            let state = carrier.spanContext?.state.limited(toByteCount: 512)
            if let state { carrier.spanContext?.state = state }
        },
        .written("truncates baggage", breaks: [.roundTrip]) { carrier in
            carrier["baggage"] = carrier["baggage"].map { String($0.prefix(4096)) }
        },
        .written("drops the properties of baggage", breaks: [.roundTrip, .replacement]) { carrier in
            carrier["baggage"] = carrier["baggage"].map { String($0.prefix { $0 != ";" }) }
        },
        .written("drops unknown keys of the stitch field", breaks: [.roundTrip, .replacement]) { carrier in
            carrier["stitch"] = carrier["stitch"].map { String($0.prefix { $0 != ";" }) }
        },
        .written(
            "writes traceparent in upper case",
            breaks: [.roundTrip, .replacement, .leftovers, .oversize, .garbage]
        ) { carrier in
            carrier["traceparent"] = carrier["traceparent"]?.uppercased()
        },
        BrokenCarrier(
            "writes names in upper case, and reads them so",
            breaks: [.roundTrip, .reading, .replacement, .leftovers, .emptyCarrier]
        ) { probe in
            let (write, read) = (probe.writing, probe.reading)
            probe.writing = { carrier, fields in
                try write(carrier, &fields)
                fields = fields.map { CarrierField($0.name.uppercased(), $0.value) }
            }
            probe.reading = { try read($0.map { CarrierField($0.name.lowercased(), $0.value) }) }
        },
        .written("throws on what it can't hold", breaks: [.garbage]) { carrier in
            for field in carrier.fields where field.value.contains("\0") { throw Refused() }
        },
    ]

    static let readers: [BrokenCarrier] = [
        BrokenCarrier("takes the first traceparent", breaks: [.duplicates]) { probe in
            let read = probe.reading
            probe.reading = { fields in
                let first = fields.first { $0.name == "traceparent" }
                return try read(fields.filter { $0.name != "traceparent" || $0 == first })
            }
        },
        BrokenCarrier("takes one of two traceparent of HTTP", breaks: [.duplicates], of: .httpFields) { probe in
            let read = probe.reading
            probe.reading = { fields in
                let last = fields.last { $0.name.lowercased() == "traceparent" }
                return try read(fields.filter { $0.name.lowercased() != "traceparent" } + [last].compactMap { $0 })
            }
        },
        BrokenCarrier("takes names of HTTP as they are", breaks: [.reading, .duplicates], of: .httpFields) { probe in
            let read = probe.reading
            probe.reading = { try read($0.filter { $0.name == $0.name.lowercased() }) }
        },
        BrokenCarrier("does not join tracestate of HTTP", breaks: [.duplicates], of: .httpFields) { probe in
            let read = probe.reading
            probe.reading = { fields in
                let first = fields.first { $0.name == "tracestate" }
                return try read(fields.filter { $0.name != "tracestate" || $0 == first })
            }
        },
        BrokenCarrier("throws on bytes that are no text", breaks: [.garbage]) { probe in
            let read = probe.reading
            probe.reading = { fields in
                if fields.contains(where: { $0.text == nil }) { throw Refused() }
                return try read(fields)
            }
        },
        .read("throws on garbage", breaks: [.garbage, .oversize, .versions, .duplicates]) { carrier in
            if carrier["traceparent"] != nil, carrier.spanContext == nil { throw Refused() }
        },
        .read("drops a traceparent for a bad tracestate", breaks: [.garbage, .oversize, .duplicates]) { carrier in
            if let state = carrier["tracestate"], TraceState(state) == nil { carrier.spanContext = nil }
        },
        .read("knows version 00 only", breaks: [.versions]) { carrier in
            if carrier["traceparent"]?.hasPrefix("00-") == false { carrier.spanContext = nil }
        },
        .read("reads the first 55 characters of any version", breaks: [.versions, .oversize, .garbage]) { carrier in
            carrier["traceparent"] = carrier["traceparent"].map { String($0.prefix(55)) }
        },
        .read("reads upper case", breaks: [.garbage]) { carrier in
            carrier["traceparent"] = carrier["traceparent"]?.lowercased()
        },
        .read("takes white space off", breaks: [.garbage]) { carrier in
            carrier["traceparent"] = carrier["traceparent"].map { $0.filter { $0 != " " } }
        },
        .read("loses all for too much baggage", breaks: [.oversize]) { carrier in
            if (carrier["baggage"] ?? "").utf8.count > Baggage.maximumByteCount { carrier = ContextCarrier() }
        },
    ]

    @Test("writers that are wrong, and says which rule they break", arguments: writers)
    func writer(_ broken: BrokenCarrier) async {
        await expectReport(of: broken)
    }

    @Test("readers that are wrong, and says which rule they break", arguments: readers)
    func reader(_ broken: BrokenCarrier) async {
        await expectReport(of: broken)
    }

    @Test("fixtures that hold nothing, or not what they were told to hold")
    func fixtures() async {
        struct Hollow: CarrierFixture {
            var kind: CarrierKind
            var drops: Bool

            func message(holding fields: [CarrierField]) -> [CarrierField]? { drops ? [] : nil }
            func fields(of message: [CarrierField]) -> [CarrierField] { message }
            func write(_ carrier: ContextCarrier, to message: inout [CarrierField]) {}
            func carrier(of message: [CarrierField]) -> ContextCarrier { ContextCarrier() }
        }
        for kind in CarrierKind.allCases {
            let refuses = await CarrierConformance.violations(of: Hollow(kind: kind, drops: false), generated: 0)
            #expect(refuses.contains { $0.rule == .fixture })
            let drops = await CarrierConformance.violations(of: Hollow(kind: kind, drops: true), generated: 0)
            #expect(!drops.isEmpty && drops.contains { $0.rule == .fixture } == (kind != .row))
        }
    }

    private func expectReport(of broken: BrokenCarrier) async {
        let violations = await CarrierConformance.violations(of: broken.probe(), generated: 0)
        #expect(Set(violations.map(\.rule)) == broken.rules, "\(violations.prefix(5))")
    }
}
