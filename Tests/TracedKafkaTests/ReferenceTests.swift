// SPDX-License-Identifier: Apache-2.0

import Foundation
import StitchKafka
import StitchTesting
import TelemetryAPI
import TelemetryData
import Testing
import TracedKafka

/// The rows of the reference of `MessageTracing` that are about attributes.
private struct AttributeRow {
    var name: String
    var spans: Set<String>
    var saidBy: Set<String>

    static func all() throws -> [AttributeRow] {
        var root = URL(filePath: #filePath)
        for _ in 0..<3 { root.deleteLastPathComponent() }
        let page = root.appending(path: "Sources/MessageTracing/MessageTracing.docc/Conventions.md")
        return try String(contentsOf: page, encoding: .utf8).split(separator: "\n").compactMap { line in
            let cells = line.split(separator: "|").map { $0.matches(of: /`([^`]+)`/).map { String($0.1) } }
            // The tables of attributes are those with five columns.
            guard line.hasPrefix("| `"), cells.count == 5, let name = cells[0].first else { return nil }
            return AttributeRow(name: name, spans: Set(cells[2]), saidBy: Set(cells[3]))
        }
    }
}

@Suite("The reference's table and what a traced Kafka says", .timeLimit(.minutes(1)))
struct ReferenceTests {
    @Test("A tombstone with a key leaves on its spans and on a batch's link what the table says, and nothing else")
    func attributes() async throws {
        let rows = try AttributeRow.all()
        try #require(rows.count > 20)
        try await withStitchTest(lint: FlowLint()) { test in
            let topic = try await TestCluster.topic("reference")
            let configuration = try TestCluster.configuration()
            let producer = try TracedKafkaProducer(configuration)
            try await producer.send(KafkaRecord(topic: topic, key: "7", value: nil, partition: 0))
            await producer.shutdown()

            let handled = Inbox<String>()
            let consumers = [
                try TracedKafkaConsumer(configuration, group: "\(topic)-single", topics: [topic]) { _ in
                    handled.put("single")
                },
                try TracedKafkaConsumer(configuration, group: "\(topic)-batch", topics: [topic], batchesOf: 10) { _ in
                    handled.put("batch")
                },
            ]
            for consumer in consumers {
                let running = Task { try await consumer.run() }
                _ = await handled.next()
                await consumer.shutdown()
                try await running.value
            }

            let send = try #require(test.spans.send(topic).first)
            let processed = test.spans.process(topic)
            let batchCount = MessagingConventions.Attribute.batchMessageCount
            let single = try #require(processed.first { $0.attributes[batchCount] == nil })
            let batch = try #require(processed.first { $0.attributes[batchCount] != nil })
            let link = try #require(batch.links.first)
            let said = [
                ("send", send.attributes), ("process", single.attributes), ("batch process", batch.attributes),
                ("link", link.attributes),
            ]
            for (span, attributes) in said {
                let names = Set(attributes.elements.map(\.key))
                let stated = rows.filter { $0.spans.contains(span) }
                #expect(names.isSubset(of: stated.map(\.name)), "\(span)")
                // Of records that failed there is more to say: see `FailureSpanTests`.
                let ours = Set(stated.filter { $0.saidBy.contains("TracedKafka") }.map(\.name))
                    .subtracting([
                        MessagingConventions.Attribute.messageAttempt, MessagingConventions.Attribute.moveReason,
                    ])
                #expect(ours.isSubset(of: names), "\(span)")
            }
        }
    }
}
