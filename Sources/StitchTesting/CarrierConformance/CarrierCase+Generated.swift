// SPDX-License-Identifier: Apache-2.0

import TraceContext

extension CarrierCase {
    /// Cases that nobody wrote down: half of them write a legal carrier over what may lie there, half of them read legal
    /// and almost legal fields in any number and order.
    static func generated(_ count: Int, seed: UInt64, for kind: CarrierKind) -> [CarrierCase] {
        var generator = CarrierGenerator(kind: kind, random: SeededNumbers(seed: seed))
        return (0..<max(0, count)).map { number in
            let name = "made-up case \(number) of seed \(seed)"
            if number.isMultiple(of: 2) {
                let carrier = generator.carrier()
                let older = generator.fields()
                return CarrierCase(
                    older.isEmpty ? .roundTrip : .replacement,
                    name,
                    writing: carrier,
                    over: older,
                    kind: kind
                )
            }
            let fields = generator.fields()
            let model = CarrierModel(kind: kind, fields: fields)
            return CarrierCase(
                rule: fields.count > Set(fields.map(\.name)).count ? .duplicates : .reading,
                name: name,
                holding: fields,
                expecting: [.context(model.context), .baggage(model.baggage)]
            )
        }
    }
}

/// Random numbers that are the same in every run (SplitMix64).
struct SeededNumbers: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = (state ^ state >> 30) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
        return mixed ^ mixed >> 31
    }
}

/// Makes up carriers, and fields of other programs.
struct CarrierGenerator {
    private typealias Name = ContextCarrier.FieldName

    private static let keyBytes = Array("abcdefghijklmnopqrstuvwxyz0123456789_-*/@".utf8)
    private static let stateBytes = (UInt8(0x21)...0x7e).filter { !Array(",=".utf8).contains($0) }
    private static let baggageBytes = (UInt8(0x21)...0x7e).filter { !Array("\",;\\%".utf8).contains($0) }
    private static let printable = Array(UInt8(0x20)...0x7e)

    let kind: CarrierKind
    var random: SeededNumbers

    /// A legal carrier with a context.
    mutating func carrier() -> ContextCarrier {
        var carrier = ContextCarrier()
        carrier[Name.traceParent] = traceParent()
        if oneIn(2) { carrier[Name.traceState] = traceState() }
        if oneIn(2) { carrier[Name.baggage] = baggage() }
        if oneIn(3) { carrier[StitchField.name] = "o=\(random.next() >> 20);\(text(1...8, Self.keyBytes))x=1" }
        if oneIn(4) { carrier[B3Propagator.FieldName.single] = Sample.b3 }
        return carrier
    }

    /// Fields in any order: some of tracing, some not, some of them not legal, repeated where there can be such.
    mutating func fields() -> [CarrierField] {
        var fields = Sample.others.filter { _ in oneIn(2) }
        for _ in 0..<count(0...2) { fields.append(CarrierField(name(Name.traceParent), maybeBroken(traceParent()))) }
        for _ in 0..<count(0...2) { fields.append(CarrierField(name(Name.traceState), maybeBroken(traceState()))) }
        for _ in 0..<count(0...2) { fields.append(CarrierField(name(Name.baggage), maybeBroken(baggage()))) }
        if oneIn(3) { fields.append(CarrierField(name(B3Propagator.FieldName.single), maybeBroken(Sample.b3))) }
        return fields.shuffled(using: &random)
    }

    private mutating func traceParent() -> String {
        let traceID = TraceID(high: oneIn(8) ? 0 : random.next(), low: random.next() | 1)
        let flags = TraceFlags(rawValue: UInt8.random(in: 0...3, using: &random))
        return TraceParent(traceID: traceID, spanID: SpanID(bits: random.next() | 1), flags: flags).description
    }

    private mutating func traceState() -> String {
        (0..<Int.random(in: 1...(oneIn(8) ? 32 : 4), using: &random)).map { number in
            "k\(number)\(text(0...12, Self.keyBytes))=\(text(1...24, Self.stateBytes))"
        }.joined(separator: ",")
    }

    private mutating func baggage() -> String {
        (0..<Int.random(in: 1...(oneIn(8) ? 64 : 4), using: &random)).map { number in
            "k\(number)=\(text(0...24, Self.baggageBytes))\(oneIn(4) ? ";p=%C3%B8" : "")"
        }.joined(separator: ",")
    }

    /// One character in a few values is another.
    private mutating func maybeBroken(_ value: String) -> String {
        guard oneIn(4) else { return value }
        var bytes = Array(value.utf8)
        bytes[Int.random(in: bytes.indices, using: &random)] = text(1...1, Self.printable).utf8.first ?? 0x20
        return String(decoding: bytes, as: UTF8.self)
    }

    /// HTTP doesn't mind the case of a name.
    private mutating func name(_ name: String) -> String {
        kind == .httpFields && oneIn(3) ? name.uppercased() : name
    }

    /// A row has one of each at most.
    private mutating func count(_ range: ClosedRange<Int>) -> Int {
        min(Int.random(in: range, using: &random), kind == .row ? 1 : range.upperBound)
    }

    private mutating func oneIn(_ number: UInt64) -> Bool { random.next() % number == 0 }

    private mutating func text(_ length: ClosedRange<Int>, _ alphabet: [UInt8]) -> String {
        let count = Int.random(in: length, using: &random)
        return String(decoding: (0..<count).compactMap { _ in alphabet.randomElement(using: &random) }, as: UTF8.self)
    }
}
