// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import TraceFlow

/// Spans of services that call each other and send each other messages at random, by true clocks.
struct RandomSystem {
    private typealias Attribute = MessagingConventions.Attribute

    private var chance: Chance
    private(set) var spans: [SpanData] = []
    private var nextID: UInt64 = 1
    private var nextTrace: UInt64 = 1
    /// What was sent and is worked on in batches later: who created it, and when.
    private var pending: [(destination: Int, creation: SpanContext, time: UInt64)] = []

    private static let services = 5
    private static let destinations = 4

    /// The spans of so many origins.
    static func spans(seed: UInt64, origins: Int) -> [SpanData] {
        var system = RandomSystem(chance: Chance(seed))
        for _ in 0..<origins { system.addOrigin() }
        system.workOffPending()
        return system.spans.shuffled(using: &system.chance)
    }

    private init(chance: Chance) { self.chance = chance }

    private mutating func addOrigin() {
        let start = 1_000_000_000_000 + UInt64(chance.below(1_000_000_000))
        let root = add("origin \(chance.below(3))", .internal, chance.below(Self.services), start: start)
        var waiting = [root]
        var room = chance.below(12)
        while room > 0, let place = waiting.indices.randomElement(using: &chance) {
            room -= 1
            waiting.append(addEffect(of: waiting[place]))
        }
    }

    /// Adds something that a span does; returns the span that goes on from there.
    private mutating func addEffect(of cause: SpanData) -> SpanData {
        let start = cause.start.nanoseconds + UInt64(chance.below(1_000_000))
        let service = Int(cause.resource.serviceName.dropFirst()) ?? 0
        switch chance.below(4) {
        case 0: return add("step \(chance.below(3))", .internal, service, start: start, parent: cause.context)
        case 1:
            let client = add("GET", .client, service, start: start, parent: cause.context)
            let other = chance.below(Self.services)
            return add("GET /", .server, other, start: start + 1000, parent: client.context)
        default:
            let destination = chance.below(Self.destinations)
            let send = add(
                "send",
                .producer,
                service,
                start: start,
                parent: cause.context,
                attributes: Self.operation("send", destination)
            )
            if chance.happens(30) {
                pending.append((destination, send.context, start))
                return send
            }
            return work(on: send, destination)
        }
    }

    private mutating func work(on send: SpanData, _ destination: Int) -> SpanData {
        let wait = UInt64(chance.below(5_000_000))
        var attributes = Self.operation("process", destination)
        if chance.happens(70) { attributes[Attribute.wait] = .double(Double(wait) / 1e9) }
        let isLost = chance.happens(10)
        let continues = !isLost && chance.happens(60)
        return add(
            "process",
            .consumer,
            chance.below(Self.services),
            start: send.start.nanoseconds + wait,
            parent: continues ? send.context : nil,
            links: isLost ? [] : [send.context],
            attributes: attributes
        )
    }

    private mutating func workOffPending() {
        for destination in 0..<Self.destinations {
            let messages = pending.filter { $0.destination == destination }
            var rest = messages[...]
            while !rest.isEmpty {
                let batch = rest.prefix(1 + chance.below(5))
                rest = rest.dropFirst(batch.count)
                var attributes = Self.operation("process", destination)
                attributes[Attribute.batchMessageCount] = .int(Int64(batch.count + chance.below(2)))
                let start = (batch.map(\.time).max() ?? 0) + UInt64(chance.below(1_000_000))
                _ = add(
                    "process",
                    .consumer,
                    chance.below(Self.services),
                    start: start,
                    links: batch.map(\.creation),
                    attributes: attributes
                )
            }
        }
    }

    private static func operation(_ type: String, _ destination: Int) -> Attributes {
        [
            Attribute.system: "kafka", Attribute.operationType: .string(type),
            Attribute.destinationName: "topic\(destination)",
        ]
    }

    private mutating func add(
        _ name: String,
        _ kind: SpanKind,
        _ service: Int,
        start: UInt64,
        parent: SpanContext? = nil,
        links: [SpanContext] = [],
        attributes: Attributes = Attributes()
    ) -> SpanData {
        if parent == nil { nextTrace += 1 }
        let length = UInt64(chance.below(2_000_000))
        let span = SpanData(
            context: SpanContext(
                traceID: parent?.traceID ?? TraceID(high: 0, low: nextTrace),
                spanID: SpanID(bits: nextID),
                flags: .sampled
            ),
            parentSpanID: parent?.spanID,
            name: name,
            kind: kind,
            start: Timestamp(nanoseconds: start),
            end: Timestamp(nanoseconds: start + length),
            attributes: attributes,
            links: links.map { SpanLink($0, attributes: [Attribute.linkRole: "creation"]) },
            status: chance.happens(10) ? .error("failed") : .unset,
            resource: Resource(attributes: ["service.name": "s\(service)"])
        )
        nextID += 1
        spans.append(span)
        return span
    }
}
