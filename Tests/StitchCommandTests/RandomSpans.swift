// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceContext

/// Spans of which each may have caused any other, the same for each seed: batches, polls, circles, missing ends.
struct RandomSpans {
    private var state: UInt64

    static func spans(seed: UInt64, count: Int) -> [SpanData] {
        var random = RandomSpans(state: seed &* 0x9E37_79B9_7F4A_7C15)
        // Half are in an order, so that not all is one circle.
        let isOrdered = random.below(2) == 0
        let traces = 2 + random.below(count / 3)
        return (0..<count).map { random.span($0, of: isOrdered ? $0 + 1 : count + 5, in: traces) }
    }

    private mutating func below(_ bound: Int) -> Int {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return Int(state >> 11) % max(1, bound)
    }

    /// A span that others of the first so many, or some that aren't there, may have caused.
    private mutating func span(_ number: Int, of reach: Int, in traces: Int) -> SpanData {
        typealias Attribute = MessagingConventions.Attribute
        let roles: [MessagingConventions.LinkRole] = [.creation, .creation, .previousAttempt, .ambient]
        let links = (0..<[0, 0, 1, 1, 2, 5][below(6)]).map { _ in
            let other = below(reach)
            return Shop.link(UInt64(other % traces), UInt64(other + 1), roles[below(roles.count)])
        }
        let parent = below(3) == 0 ? nil : number - traces * (below(3) - below(2))
        let operations: [AttributeValue] = ["process", "process", "send", "create", "receive", "settle"]
        var span = Shop.span(
            "work \(below(4))",
            of: UInt64(number % traces),
            UInt64(number + 1),
            parent: parent.flatMap { $0 >= 0 && $0 < reach ? UInt64($0 + 1) : nil },
            links: links,
            from: 0,
            for: UInt64(below(2_000)),
            service: "service \(below(3))",
            kind: below(2) == 0 ? .consumer : .internal,
            status: below(4) == 0 ? .error("no") : .unset
        )
        if below(3) > 0 { span.attributes[Attribute.operationType] = operations[below(operations.count)] }
        // Some at the same moment.
        span.start = Timestamp(nanoseconds: Shop.start + UInt64(below(40)) * 1_000_000)
        return span
    }
}
