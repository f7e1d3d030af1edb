// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceFlow

/// Spans of which each may have caused any other: circles, links to themselves, missing ends, copies, absurd times.
enum Tangle {
    static func spans(_ seed: UInt64, count: Int = 40) -> [SpanData] {
        var chance = Chance(seed)
        let traces = 1 + chance.below(8)
        // Some ids are never made into spans: ends that are missing.
        let names = (0..<(count + 6)).map { (trace: UInt64(1 + $0 % traces), span: UInt64(100 + $0)) }
        let order = chance.happens(50)
        var spans = (0..<count).map { index in
            // Half of the tangles are in an order, as real spans are, so that not all is one circle.
            let reach = order ? max(1, index) : names.count
            return span(names[index], among: Array(names[..<reach]) + names.suffix(3), &chance)
        }
        spans += spans.filter { _ in chance.happens(10) }
        return spans.shuffled(using: &chance)
    }

    private static func span(
        _ name: (trace: UInt64, span: UInt64),
        among names: [(trace: UInt64, span: UInt64)],
        _ chance: inout Chance
    ) -> SpanData {
        let siblings = names.filter { $0.trace == name.trace }
        let parent = chance.happens(60) ? siblings.randomElement(using: &chance)?.span : nil
        let linkCount = [0, 0, 0, 1, 1, 2, 3, 6][chance.below(8)]
        let links = (0..<linkCount).compactMap { _ in names.randomElement(using: &chance) }
        let operation = ["work", "work", "process", "process", "process", "send", "poll", "settle", "create"]
        var span = Fixture.span(
            operation[chance.below(operation.count)] + " \(chance.below(4))",
            trace: name.trace,
            name.span,
            parent: parent,
            links: links.map { Fixture.context($0.trace, $0.span) },
            start: UInt64(chance.below(500)),
            service: "service \(chance.below(3))"
        )
        for index in span.links.indices {
            let role = ["creation", "creation", "previous_attempt", "ambient", "attempt", ""][chance.below(6)]
            if role.isEmpty { continue }
            span.links[index].attributes[MessagingConventions.Attribute.linkRole] = .string(role)
            if chance.happens(20) { span.links[index].attributes[MessagingConventions.Attribute.wait] = 0.05 }
        }
        fill(&span, &chance)
        return span
    }

    private static func fill(_ span: inout SpanData, _ chance: inout Chance) {
        typealias Attribute = MessagingConventions.Attribute
        span.end = span.start.advanced(by: .milliseconds(chance.below(120)))
        if chance.happens(20) { span.status = .error("no") }
        if chance.happens(30) { span.kind = .consumer }
        if chance.happens(20) { span.attributes[Attribute.wait] = .double(Double(chance.below(100)) / 1000) }
        if chance.happens(10) {
            span.attributes[Attribute.waitBackoff] = 0.01
            span.attributes[Attribute.waitReady] = .double(Double(chance.below(30)) / 1000)
        }
        if chance.happens(10) { span.attributes[Attribute.batchMessageCount] = .int(Int64(chance.below(9))) }
        if chance.happens(20) { span.attributes[Attribute.jobAttempt] = .int(Int64(chance.below(3))) }
        if chance.happens(3) { span.start = Timestamp(nanoseconds: UInt64(chance.below(3))) }
        if chance.happens(3) { span.end = Timestamp(nanoseconds: .max - UInt64(chance.below(3))) }
        if chance.happens(3) { span.end = Timestamp(nanoseconds: span.start.nanoseconds / 2) }
    }
}
