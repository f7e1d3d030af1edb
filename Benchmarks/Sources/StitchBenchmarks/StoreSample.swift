// SPDX-License-Identifier: Apache-2.0

import TelemetryData

/// Spans such as those of twenty services that send each other messages; the same in each run.
///
/// A trace has about ten spans, of 360 shapes over twenty services. A shape is a service, a name, a kind and the keys of
/// its attributes: about ten, of which half are constant within the shape, some come from a few values, one from ten
/// thousand; a third of the spans, those of messages, have two unique ones (an id of 36 characters and an offset). A fifth of the spans link to one earlier span
/// and 2 % to fifty, with partition and offset each. One span in a hundred arrives late, by up to 20,000 spans, and one in
/// 250 twice; 2,000 traces are under way at a time.
struct StoreSample: RandomNumberGenerator {
    private struct Shape {
        var resource: Resource
        var scope: InstrumentationScope
        var name: String
        var kind: SpanKind
        var constants: [(String, AttributeValue)]
        var isMessaging: Bool
    }

    private struct Open {
        var id: TraceID
        var parent: SpanID?
        var left: Int
        var time: UInt64
    }

    private var state: UInt64 = 0x1234_5678_9abc_def1
    private var shapes: [Shape] = []
    private var traces: [Open] = []
    private var recent: [SpanContext] = []
    private var late: [SpanData] = []
    private var time: UInt64 = 1_700_000_000_000_000_000
    private var offset: Int64 = 0

    init() {
        for index in 0..<360 { shapes.append(Self.shape(index)) }
        recent.reserveCapacity(20_000)
    }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state &* 0x2545_f491_4f6c_dd1d
    }

    /// So many spans more, in the order in which they arrive.
    mutating func spans(_ count: Int) -> [SpanData] {
        var spans: [SpanData] = []
        spans.reserveCapacity(count + 1)
        while spans.count < count {
            if late.count > 200 || !late.isEmpty && next() % 100 == 0 {
                spans.append(late.swapRemove(Int(next() % UInt64(late.count))))
                continue
            }
            let span = span()
            switch next() % 1_000 {
            case 0..<10: late.append(span)
            case 10..<14:
                spans.append(span)
                late.append(span)
            default: spans.append(span)
            }
        }
        return spans
    }

    private static func shape(_ index: Int) -> Shape {
        let service = index % 20
        let isMessaging = index % 3 == 0
        var constants: [(String, AttributeValue)] =
            isMessaging
            ? [
                ("messaging.system", "kafka"), ("messaging.destination.name", .string("topic-\(index % 30)")),
                ("messaging.operation.name", "process"), ("messaging.operation.type", "process"),
                ("messaging.consumer.group.name", .string("group-\(service)")),
            ]
            : [
                ("db.system.name", "postgresql"), ("db.namespace", .string("db-\(service)")),
                ("db.operation.name", .string(["SELECT", "INSERT", "UPDATE"][index % 3])), ("server.port", 5432),
            ]
        constants.append(("code.function", .string("Handler\(index).run")))
        return Shape(
            resource: Resource(attributes: [
                "service.name": .string("service-\(service)"), "service.version": "1.4.2",
                "host.name": .string("host-\(service % 7)"), "telemetry.sdk.name": "stitch",
                "telemetry.sdk.language": "swift", "deployment.environment.name": "production",
            ]),
            scope: InstrumentationScope(name: "stitch", version: "0.1"),
            name: isMessaging ? "process topic-\(index % 30)" : "query-\(index)",
            kind: isMessaging ? .consumer : .client,
            constants: constants,
            isMessaging: isMessaging
        )
    }

    private mutating func span() -> SpanData {
        while traces.count < 2_000 { traces.append(newTrace()) }
        let place = Int(next() % UInt64(traces.count))
        time += 20_000
        let trace = traces[place]
        var span = span(trace.id, SpanID(bits: next() | 1), parent: trace.parent)
        addLinks(to: &span)
        if next() % 50 == 0 { span.status = .error("deadline exceeded") }
        if recent.count < 20_000 { recent.append(span.context) } else { recent[Int(next() % 20_000)] = span.context }
        traces[place].left -= 1
        if traces[place].left == 0 { traces[place] = newTrace() } else { traces[place].parent = span.spanID }
        return span
    }

    /// A span of any shape, at about this time, without links.
    mutating func span(_ trace: TraceID, _ id: SpanID, parent: SpanID?) -> SpanData {
        let shape = shapes[Int(next() % UInt64(shapes.count))]
        let start = time - next() % 3_000_000
        var span = SpanData(
            context: SpanContext(traceID: trace, spanID: id, flags: [.sampled, .random]),
            parentSpanID: parent,
            parentIsRemote: parent == nil ? nil : false,
            name: shape.name,
            kind: shape.kind,
            start: Timestamp(nanoseconds: start),
            end: Timestamp(nanoseconds: start + 50_000 + next() % 2_000_000 * (1 + (next() % 50 == 0 ? 100 : 0))),
            resource: shape.resource,
            scope: shape.scope
        )
        for (key, value) in shape.constants { span.attributes[key] = value }
        if shape.isMessaging { addMessage(to: &span) } else { addQuery(to: &span) }
        return span
    }

    private mutating func newTrace() -> Open {
        Open(id: TraceID(high: next(), low: next() | 1), parent: nil, left: 1 + Int(next() % 19), time: time)
    }

    private mutating func addMessage(to span: inout SpanData) {
        offset += 1
        span.attributes["messaging.message.id"] = .string(identifier())
        span.attributes["messaging.destination.partition.id"] = .string("\(next() % 12)")
        span.attributes["messaging.kafka.offset"] = .int(offset)
        span.attributes["messaging.message.body.size"] = .int(Int64(200 + next() % 2_000))
        if next() % 5 == 0 { span.attributes["stitch.wait"] = .double(Double(next() % 90_000) / 1_000) }
    }

    private mutating func addQuery(to span: inout SpanData) {
        span.attributes["customer.id"] = .string("customer-\(next() % 10_000)")
        span.attributes["db.response.returned_rows"] = .int(Int64(next() % 100))
        span.attributes["thread.id"] = .int(Int64(next() % 16))
    }

    private mutating func addLinks(to span: inout SpanData) {
        // No span is a hub because it came first.
        guard recent.count == 20_000 else { return }
        let chance = next() % 100
        let count = chance < 20 ? 1 : chance < 22 ? 50 : 0
        for _ in 0..<count {
            let target = recent[Int(next() % UInt64(recent.count))]
            var link = SpanLink(target, attributes: ["stitch.link": "creation"])
            if count > 1 {
                link.attributes["messaging.destination.partition.id"] = .string("\(next() % 12)")
                link.attributes["messaging.kafka.offset"] = .int(offset + Int64(next() % 1_000))
            }
            span.links.append(link)
        }
    }

    private mutating func identifier() -> String {
        let (a, b) = (String(next() | 1 << 63, radix: 16), String(next() | 1 << 63, radix: 16))
        return "\(a.prefix(8))-\(a.dropFirst(8).prefix(4))-\(a.suffix(4))-\(b.prefix(4))-\(b.suffix(12))"
    }
}

extension Array {
    /// Takes an element out and puts the last one in its place.
    fileprivate mutating func swapRemove(_ index: Int) -> Element {
        swapAt(index, count - 1)
        return removeLast()
    }
}
