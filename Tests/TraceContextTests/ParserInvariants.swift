// SPDX-License-Identifier: Apache-2.0

import TraceContext

/// What must hold whatever a parser is given.
///
/// The fuzzer checks it on what it makes up, a test on what it has found.
///
/// The first byte picks the parser, the others are its input.
enum ParserInvariants {
    static let parsers: [(name: String, check: @Sendable (String) -> String?)] = [
        ("traceparent", traceParent), ("tracestate", traceState), ("baggage", baggage), ("stitch", stitchField),
        ("b3", b3), ("moved record", movedRecord), ("HTTP fields", httpFields), ("message headers", messageHeaders),
    ]

    /// What doesn't hold; `nil` when all does.
    static func complaint(about input: [UInt8]) -> String? {
        guard let first = input.first else { return nil }
        let parser = parsers[Int(first) % parsers.count]
        return parser.check(String(decoding: input.dropFirst(), as: UTF8.self)).map { "\(parser.name): \($0)" }
    }

    private static func traceParent(_ text: String) -> String? {
        guard let parent = TraceParent(text) else { return nil }
        guard text.utf8.count >= 55, text.utf8.prefix(55).allSatisfy({ "0123456789abcdef-".utf8.contains($0) }),
            !text.hasPrefix("ff"), parent.traceID.isValid, parent.spanID.isValid
        else { return "an illegal value was read" }
        let known = text.utf8.prefix(52).dropFirst(3).elementsEqual(parent.description.utf8.prefix(52).dropFirst(3))
        return known && TraceParent(parent.description) == parent ? nil : "it is not written as it was read"
    }

    private static func traceState(_ text: String) -> String? {
        let member = OpenTelemetryState(text)
        guard member.description.utf8.count <= OpenTelemetryState.maximumByteCount,
            OpenTelemetryState(member.description).description == member.description,
            member.threshold ?? 0 <= TraceID.greatestRandomness, member.randomness ?? 0 <= TraceID.greatestRandomness
        else { return "OpenTelemetry's member is not written as it was read" }
        guard let state = TraceState(text) else { return nil }
        let members = state.members
        guard members.count <= 32, members.allSatisfy({ (1...256).contains($0.key.utf8.count) }),
            members.allSatisfy({ (1...256).contains($0.value.utf8.count) && !$0.value.hasSuffix(" ") })
        else { return "an illegal value was read" }
        guard members.allSatisfy({ member in state[member.key] == members.first { $0.key == member.key }?.value })
        else {
            return "a member was not found"
        }
        var sampled = state
        sampled.openTelemetry.threshold = 1
        guard sampled.members.first?.key == OpenTelemetryState.key, sampled.openTelemetry.threshold == 1 else {
            return "OpenTelemetry's member was not set"
        }
        let limited = state.limited(toByteCount: 512)
        guard limited.description.utf8.count <= 512, TraceState(limited.description) == limited else {
            return "it was not cut at a member"
        }
        var changed = state
        changed["stitch"] = "x"
        let others = members.filter { $0.key != "stitch" }.prefix(TraceState.maximumCount - 1)
        guard changed.members.first?.key == "stitch", changed.members.dropFirst().elementsEqual(others) else {
            return "setting a member changed the others"
        }
        return TraceState(state.description) == state ? nil : "it is not written as it was read"
    }

    private static func baggage(_ text: String) -> String? {
        let baggage = Baggage(text)
        let members = baggage.members
        guard baggage.description.utf8.count <= 8192, members.count <= 64 else { return "it is beyond the limits" }
        if let member = members.last {
            var alone = Baggage()
            alone.set(member)
            // Bytes that are no UTF-8 are written as U+FFFD, so the longest entries may not fit any more.
            guard alone.members == [member] || alone.isEmpty else { return "a member is not written as it was read" }
            let kept = baggage.filtered(keys: [member.key], maximumByteCount: 256)
            guard kept.description.utf8.count <= 256, Baggage(kept.description) == kept,
                members.filter({ $0.key == member.key }).starts(with: kept.members)
            else { return "it was not cut at a member" }
            var changed = baggage
            changed[member.key] = nil
            guard changed.members == members.filter({ $0.key != member.key }) else {
                return "removing a member changed the others"
            }
        }
        return Baggage(baggage.description) == baggage ? nil : "it is not written as it was read"
    }

    private static func stitchField(_ text: String) -> String? {
        let field = StitchField(text)
        guard field.description.utf8.count <= StitchField.maximumByteCount else { return "it is beyond the limit" }
        guard (field.originMilliseconds ?? 0) >= 0 else { return "an origin before 1970 was read" }
        return StitchField(field.description).description == field.description
            ? nil : "it is not written as it was read"
    }

    private static func b3(_ text: String) -> String? {
        var carrier = ContextCarrier()
        carrier["b3"] = text
        guard let span = B3Propagator().extract(from: carrier).span else { return nil }
        guard span.isValid, span.state.isEmpty, !span.flags.contains(.random) else {
            return "an illegal context was read"
        }
        var written = ContextCarrier()
        B3Propagator().inject(PropagationContext(span: span), into: &written)
        return B3Propagator().extract(from: written).span == span ? nil : "it is not written as it was read"
    }

    private static func movedRecord(_ text: String) -> String? {
        let values = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let names = MovedRecord.FieldName.all
        let fields = Dictionary(zip(names, values)) { $1 }
        guard let moved = MovedRecord({ fields[$0] }) else { return nil }
        let written = Dictionary(uniqueKeysWithValues: moved.fields.map { ($0.name, $0.value) })
        return moved.attempt > 0 && MovedRecord { written[$0] } == moved ? nil : "it is not written as it was read"
    }

    private static func httpFields(_ text: String) -> String? {
        let lines = text.split(separator: "\n").map { $0.split(separator: ":", maxSplits: 1) }
        let carrier = ContextCarrier(
            httpFields: lines.filter { $0.count == 2 }.map { (name: String($0[0]), value: String($0[1])) }
        )
        guard carrier.fields.allSatisfy({ ContextCarrier.knownFields.contains($0.name) }) else {
            return "an unknown field was taken"
        }
        return carrier.spanContext.map(\.isValid) == false ? "an invalid context was read" : nil
    }

    private static func messageHeaders(_ text: String) -> String? {
        let lines = text.split(separator: "\n").map { $0.split(separator: ":", maxSplits: 1) }
        var duplicates = 0
        let headers = lines.filter { $0.count == 2 }.map { (name: String($0[0]), value: Array($0[1].utf8) as [UInt8]?) }
        let carrier = ContextCarrier(messageHeaders: headers, duplicates: &duplicates)
        return carrier.fields.count + duplicates <= headers.count ? nil : "duplicates were counted twice"
    }
}
