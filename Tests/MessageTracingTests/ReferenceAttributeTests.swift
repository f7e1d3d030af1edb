// SPDX-License-Identifier: Apache-2.0

import MessageTracing
import StitchTesting
import TelemetrySDK
import Testing

private typealias Attribute = MessagingConventions.Attribute

@Suite("The reference's tables and what spans and metrics say")
struct ReferenceAttributeTests {
    let page: ReferencePage
    let rows: ReferencePage.Rows

    init() throws {
        page = try ReferencePage("Conventions")
        rows = page.rows(under: "Attributes of OpenTelemetry", "Attributes of Stitch")
    }

    /// What a client says of whatever it knows of; which spans it makes.
    private struct Client {
        var name: String
        var spans: Set<String>
        var said: SpanSample.Said
    }

    // As the module of that name does; that it says no more and no less is looked up in its source below.
    private let clients = [
        Client(
            name: "target",
            spans: Set(SpanSample.all.map(\.name)),
            said: .init(target: [Attribute.serverAddress: "broker", Attribute.serverPort: 9092])
        ),
        Client(
            name: "TracedKafka",
            spans: ["send", "process", "batch process"],
            said: .init(
                sent: [
                    Attribute.kafkaKey: "7", Attribute.kafkaTombstone: true, Attribute.partitionID: "3",
                    Attribute.moveReason: "retry",
                ],
                acknowledged: [
                    Attribute.partitionID: "3", Attribute.kafkaOffset: 42, Attribute.brokerID: 1,
                    Attribute.acknowledgeLatency: 0.5,
                ],
                received: [
                    Attribute.kafkaKey: "7", Attribute.kafkaTombstone: true, Attribute.partitionID: "3",
                    Attribute.kafkaOffset: 42, Attribute.timestampType: "create_time", Attribute.kafkaLag: 3,
                    Attribute.messageAttempt: 2,
                ]
            )
        ),
        Client(
            name: "TracedJobs",
            spans: ["send", "process", "settle"],
            said: .init(
                target: [Attribute.jobQueue: "default", Attribute.jobKind: "send_receipt"],
                acknowledged: [Attribute.jobDeduplicated: true],
                received: [Attribute.jobAttempt: 2]
            )
        ),
    ]

    /// What spans of each kind say, and what the links to messages do.
    private func attributes(
        on spans: Set<String> = Set(SpanSample.all.map(\.name)),
        _ said: SpanSample.Said = .init()
    ) async throws -> [String: [String: AttributeValue]] {
        var found: [String: [String: AttributeValue]] = [:]
        for sample in SpanSample.all where spans.contains(sample.name) {
            for span in try await sample.made(said).spans {
                for element in span.attributes.elements {
                    found[sample.name, default: [:]][element.key] = element.value
                }
                for element in span.links.flatMap(\.attributes.elements) {
                    found["link", default: [:]][element.key] = element.value
                }
            }
        }
        return found
    }

    /// The names that the table has for spans of a kind, said by one of these.
    private func names(on span: String, saidBy: String...) -> Set<String> {
        Set(saidBy.flatMap { rows.with(span, in: "On").with($0, in: "Said by").codes("Attribute") })
    }

    @Test("Every span with everything set says what the table says that it does, and nothing else")
    func spans() async throws {
        let found = try await attributes()
        #expect(found.keys.sorted() == Set(rows.codes("On")).sorted())
        for (span, attributes) in found {
            #expect(Set(attributes.keys) == names(on: span, saidBy: "MessageTracing"), "\(span)")
        }
    }

    @Test("What Stitch's clients add is on the spans that the table says, and on the links where it is a message's own")
    func clientsAdd() async throws {
        for client in clients {
            let found = try await attributes(on: client.spans, client.said)
            // Who works on messages one by one says nothing of them on links.
            let hasBatches = client.spans.contains("batch process")
            for (span, attributes) in found where span != "link" || hasBatches {
                let expected = names(on: span, saidBy: "MessageTracing", client.name)
                #expect(Set(attributes.keys) == expected, "\(client.name): \(span)")
            }
            let elsewhere = rows.with(client.name, in: "Said by").codes("On").filter { found[$0] == nil }
            #expect(elsewhere == [], "\(client.name)")
        }
    }

    @Test("Stitch's clients say what the table says that they do", arguments: ["TracedKafka", "TracedJobs"])
    func clientsSay(module: String) throws {
        let constants = try SourceConstants(
            of: "enum Attribute",
            in: "Sources/TelemetryData/MessagingConventions.swift"
        )
        var said: Set<String> = []
        for file in try ReferencePage.files(in: "Sources/\(module)") {
            let source = try ReferencePage.file("Sources/\(module)/\(file)")
            for match in source.matches(of: /[^A-Za-z](?:Attribute|Name)\.(\w+)/) {
                if let value = constants.values[String(match.1)] { said.insert(value) }
            }
        }
        said.subtract(rows.with("MessageTracing", in: "Said by").codes("Attribute"))
        #expect(said == Set(rows.with(module, in: "Said by").codes("Attribute")))
        said.subtract(rows.filter { $0["On"] == "–" }.codes("Attribute"))
        #expect(said == Set(clients.filter { $0.name == module }.flatMap { $0.said.names }))
    }

    @Test("Values are of the types that the table says")
    func types() async throws {
        var found = Set<String>()
        for said in [SpanSample.Said()] + clients.map(\.said) {
            for (name, value) in try await attributes(said).values.joined() {
                let row = try #require(rows.with(name, in: "Attribute").first)
                #expect(row["Type"] == value.typeName, "\(name)")
                found.insert(name)
            }
        }
        let unseen = [Attribute.contextState, Attribute.bodySize, Attribute.jobState, Attribute.jobOutcome]
        #expect(Set(rows.codes("Attribute")).subtracting(found) == Set(unseen))
    }

    @Test("Every metric has the attributes that the table says, and no other")
    func metrics() async throws {
        var found: [String: Set<String>] = [:]
        for said in [SpanSample.Said()] + clients.map(\.said) {
            for sample in SpanSample.all {
                for measurement in try await sample.made(said).measurements {
                    let names = measurement.attributes.elements.map(\.key)
                    found[measurement.instrument.name, default: []].formUnion(names)
                }
            }
        }
        let metrics = page.rows(under: "Metrics of OpenTelemetry", "Metrics of Stitch")
        #expect(found.keys.sorted() == metrics.codes("Metric").sorted())
        for row in metrics {
            let name = ReferencePage.codes(in: row["Metric"] ?? "").first ?? ""
            let stated = ReferencePage.codes(in: row["Attributes"] ?? "")
            #expect(found[name] == Set(stated) && stated.count == Set(stated).count, "\(name)")
        }
    }
}

extension SpanSample.Said {
    fileprivate var names: [String] {
        [target, sent, acknowledged, received].flatMap { $0.elements.map(\.key) }
    }
}

extension AttributeValue {
    fileprivate var typeName: String {
        switch self {
        case .string: "string"
        case .int: "int"
        case .double: "double"
        case .bool: "bool"
        case .bytes: "bytes"
        case .array: "array"
        case .map: "map"
        case .null: "null"
        }
    }
}
