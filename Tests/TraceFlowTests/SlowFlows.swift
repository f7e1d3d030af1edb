// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceFlow

/// What a flow is, worked out the long way: by looking at all pairs of spans until nothing new is found.
struct SlowFlows {
    let spans: [SpanReference: SpanData]
    private var effects: [SpanReference: Set<SpanReference>] = [:]
    private var causes: [SpanReference: Set<SpanReference>] = [:]
    private var ancestors: [SpanReference: Set<SpanReference>] = [:]

    init(_ all: [SpanData]) {
        spans = Dictionary(all.map { ($0.reference, $0) }) { $1 }
        for cause in spans.values {
            for effect in spans.values where cause.reference != effect.reference && Self.caused(cause, effect) {
                effects[cause.reference, default: []].insert(effect.reference)
                causes[effect.reference, default: []].insert(cause.reference)
            }
        }
        for span in spans.keys { ancestors[span] = Self.closure(of: span, causes) }
    }

    private static func caused(_ cause: SpanData, _ effect: SpanData) -> Bool {
        let isChild = effect.traceID == cause.traceID && effect.parentSpanID == cause.spanID
        let joins = operation(effect) != "receive" && operation(effect) != "settle"
        let isLinked =
            joins
            && effect.links.contains { SpanReference($0.context) == cause.reference && role($0) != "ambient" }
        guard isChild || isLinked else { return false }
        let own = joins ? messages(effect).subtracting([effect.reference]) : []
        if operation(cause) == "receive" {
            let isOwnWork = operation(effect) == "process" && joins && !messages(effect).isEmpty
            return isLinked || !isOwnWork
        }
        let isBatch = operation(cause) == "process" && cause.links.count { ["creation", nil].contains(role($0)) } > 1
        return !isBatch || own.isDisjoint(with: messages(cause))
    }

    private static func messages(_ span: SpanData) -> Set<SpanReference> {
        Set(span.links.filter { ["creation", nil].contains(role($0)) }.map { SpanReference($0.context) })
    }

    private static func operation(_ span: SpanData) -> String? {
        span.attributes[MessagingConventions.Attribute.operationType]?.stringValue
    }

    private static func role(_ link: SpanLink) -> String? {
        link.attributes[MessagingConventions.Attribute.linkRole]?.stringValue
    }

    private static func closure(
        of start: SpanReference,
        _ next: [SpanReference: Set<SpanReference>]
    ) -> Set<SpanReference> {
        var found: Set = [start]
        while true {
            let more = found.union(found.flatMap { next[$0] ?? [] })
            if more == found { return found }
            found = more
        }
    }

    /// All that an origin caused.
    func flow(from origin: SpanReference) -> Set<SpanReference> { Self.closure(of: origin, effects) }

    /// What a span goes back to; of spans that caused each other, the one that starts first.
    func origins(of span: SpanReference) -> Set<SpanReference> {
        var origins: Set<SpanReference> = []
        for ancestor in ancestors[span] ?? [] {
            let circle = ancestors[ancestor] ?? []
            guard circle.allSatisfy({ ancestors[$0]?.contains(ancestor) == true }) else { continue }
            let first = circle.compactMap { spans[$0] }.min {
                ($0.start, $0.spanID.bits) < ($1.start, $1.spanID.bits)
            }
            if let first { origins.insert(first.reference) }
        }
        return origins
    }
}
