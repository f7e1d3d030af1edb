// SPDX-License-Identifier: Apache-2.0

import TelemetryData
import Testing
import TraceFlow

/// Something wrong that is done to spans that were as they should be, and the one code that has to find it.
struct PlantedFault: Sendable, CustomTestStringConvertible {
    typealias Attribute = MessagingConventions.Attribute

    let code: LintCode
    let name: String
    let plant: @Sendable (inout [SpanData]) -> Void

    var testDescription: String { "\(code): \(name)" }

    init(_ code: LintCode, _ name: String, _ plant: @escaping @Sendable (inout [SpanData]) -> Void) {
        self.code = code
        self.name = name
        self.plant = plant
    }

    /// A span that isn't there.
    static let nowhere = SpanContext(traceID: TraceID(high: 9, low: 9), spanID: SpanID(bits: 9), flags: .sampled)

    static let all = links + contexts + messages + spans

    private static let links = [
        PlantedFault(.danglingLink, "a retry's link to the attempt before leads nowhere") { spans in
            spans.change("process default/send_receipt", 7) { $0.links[1].context = nowhere }
        },
        PlantedFault(.danglingLink, "a batch links to a message that nobody sent") { spans in
            spans.change("process payments", 1) { $0.links[2].context = nowhere }
        },
        PlantedFault(.orphan, "a helper's parent is lost") { spans in
            spans.change("read row") { $0.parentSpanID = SpanID(bits: 999_999) }
        },
        PlantedFault(.orphan, "a request is answered below a proxy's span that is lost") { spans in
            spans.change("GET /items") { $0.parentSpanID = SpanID(bits: 999_999) }
        },
        PlantedFault(.missingCreationLink, "a record lost its headers") { spans in
            spans.detach("process orders", 3)
            spans.change("poll orders") { $0.links = [] }
        },
        PlantedFault(.missingCreationLink, "a record of a batch lost its headers") { spans in
            spans.change("process payments", 1) { $0.links.removeLast() }
        },
        PlantedFault(.missingCreationLink, "a job lost its context") { spans in
            spans.detach("process default/request_review", 3)
        },
        PlantedFault(.missingCreationLink, "a message that a relay sent lost its headers") { spans in
            spans.detach("process audit", 3)
        },
        PlantedFault(.edgeWithoutContext, "a consumer reads no context at all") { spans in
            for number in 0..<100 {
                spans.detach("process orders", number)
                spans.change("poll orders", number) { $0.links = [] }
            }
        },
        PlantedFault(.requestWithoutContext, "a client injects nothing") { spans in
            spans.detach("GET /items", 3)
        },
    ]

    private static let contexts = [
        PlantedFault(.duplicateContextHeader, "a record has two traceparent headers") { spans in
            spans.change("process orders") { $0.attributes["stitch.context.state"] = "duplicate" }
        },
        PlantedFault(.duplicateContextHeader, "a record of a batch has two traceparent headers") { spans in
            spans.change("process payments", 1) {
                $0.links[0].attributes["stitch.context.state"] = .array(["invalid", "duplicate"])
            }
        },
        PlantedFault(.changedContext, "a consumer sees another message's context") { spans in
            guard let other = spans.first(where: { $0.name == "create audit" }) else { return }
            spans.change("process audit") { $0.links[0].context = other.context }
        },
        PlantedFault(.changedContext, "a consumer is a child of what didn't create its message") { spans in
            guard let other = spans.first(where: { $0.name == "send orders" }) else { return }
            spans.move("process orders", 3, under: other)
        },
        PlantedFault(.retryWithoutLink, "a retry doesn't say what it repeats") { spans in
            spans.change("process default/send_receipt", 7) { $0.links.removeLast() }
        },
    ]

    private static let messages = [
        PlantedFault(.negativeWait, "a record came from the future") { spans in
            spans.change("process orders") {
                $0.attributes[Attribute.wait] = nil
                $0.attributes[Attribute.clockSkew] = 0.3
            }
        },
        PlantedFault(.negativeWait, "a record of a batch came from the future") { spans in
            spans.change("process payments", 1) {
                $0.links[0].attributes[Attribute.wait] = nil
                $0.links[0].attributes[Attribute.clockSkew] = 0.3
            }
        },
        PlantedFault(.negativeWait, "a job began before it was enqueued") { spans in
            spans.change("process default/request_review") {
                $0.start = $0.start.advanced(by: .seconds(-5))
                $0.end = $0.end.advanced(by: .seconds(-5))
            }
        },
        PlantedFault(.consumerWithoutProducer, "a record carries the context of a helper") { spans in
            guard let helper = spans.first(where: { $0.name == "read row" }) else { return }
            spans.change("process audit") {
                $0.links[0].context = helper.context
                $0.attributes[Attribute.kafkaOffset] = nil
            }
        },
        PlantedFault(.sendWithoutReport, "a send ended too early") { spans in
            spans.change("send orders") {
                $0.attributes[Attribute.kafkaOffset] = nil
                $0.attributes[Attribute.acknowledgeLatency] = nil
            }
        },
        PlantedFault(.messageNeverSent, "a relay forgot a row") { spans in
            guard let lost = spans.last(where: { $0.name == "create audit" })?.context else { return }
            spans.removeAll { span in span.links.contains { $0.context == lost } }
        },
        PlantedFault(.polledNeverProcessed, "a consumer drops a record") { spans in
            guard var lost = spans.first(where: { $0.name == "send orders" }) else { return }
            lost.context = SpanContext(traceID: lost.traceID, spanID: SpanID(bits: 999_998), flags: .sampled)
            lost.attributes[Attribute.kafkaOffset] = 1_000_000
            spans.append(lost)
            spans.change("poll orders", 0) { poll in
                poll.links.append(SpanLink(lost.context, attributes: [Attribute.linkRole: "creation"]))
            }
        },
    ]

    private static let spans = [
        PlantedFault(.unendedSpan, "a span has no end") { spans in
            spans.change("read row") { $0.end = Timestamp(nanoseconds: 0) }
        },
        PlantedFault(.unboundedSpan, "a helper is as long as its process lives") { spans in
            spans.change("read row") { $0.end = $0.start.advanced(by: .seconds(3_600)) }
        },
        PlantedFault(.unboundedSpan, "a span of which there is but one lasts for days") { spans in
            spans.change("read row") {
                $0.name = "loop"
                $0.end = $0.start.advanced(by: .seconds(200_000))
            }
        },
        PlantedFault(.highCardinalityName, "names hold ids") { spans in
            for index in spans.indices where spans[index].name == "read row" { spans[index].name = "read row \(index)" }
        },
        PlantedFault(.highCardinalityAttribute, "keys hold ids") { spans in
            for index in spans.indices where spans[index].name == "read row" {
                spans[index].attributes["order.\(index).total"] = 5
            }
        },
        PlantedFault(.highCardinalityAttribute, "messages stand for types of errors") { spans in
            for index in spans.indices where spans[index].name == "read row" {
                spans[index].attributes["error.type"] = .string("no row \(index)")
            }
        },
        PlantedFault(.neverCritical, "a helper is traced for nothing") { spans in
            for index in spans.indices where spans[index].name == "read row" { spans[index].name = "log" }
        },
    ]
}
