// SPDX-License-Identifier: Apache-2.0

import KafkaTesting
import MessageTracing
import StitchKafka
import StitchTesting
import Synchronization
import TelemetryAPI
import TelemetryData
import Testing

@testable import TracedKafka

/// Work on records that were fetched, which mostly have nothing but what Stitch writes and are read where they lie, beside
/// work on the same records when they were made, which are read as any.
@Suite("Records of every form", .timeLimit(.minutes(1)))
struct RecordFormTests {
    private static let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    private static let other = "00-4bf92f3577b34da6a3ce929d0e0e4737-00f067aa0ba902b8-01"

    private static let forms: [KafkaHeaders] = [
        [:],
        ["content-type": "text/plain"],
        ["traceparent": "\(parent)"],
        ["content-type": "text/plain", "traceparent": "\(parent)", "stitch": "o=1700000000000", "tenant": "eu"],
        ["stitch": "o=1700000000000", "traceparent": "\(parent)"],
        ["traceparent": "\(parent)", "stitch": "o=1;c=new"],
        ["traceparent": "\(parent)", "stitch": "rubbish"],
        ["traceparent": "\(parent)", "tracestate": "vendor=1"],
        ["traceparent": "\(parent)", "baggage": "user=alice"],
        ["traceparent": "\(parent)", "traceparent": "\(other)"],
        ["traceparent": "\(parent)", "traceparent": "rubbish"],
        ["traceparent": "rubbish"],
        ["traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"],
        ["traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-ff"],
        ["traceparent": "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more"],
        ["Traceparent": "\(parent)"],
        ["b3": "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1"],
        ["traceparent": "\(parent)", "t": "", "x": "1", "stitching": "2", "b": "3"],
    ]

    /// What a handler sees of its span and of what came, and passes on.
    private struct Seen: Equatable {
        var traceID: TraceID?
        var state: String?
        var isRecording: Bool?
        var baggage: String
        var passedOn: String?

        init() {
            let span = Span.current
            let continues = span?.traceID.description.hasPrefix("4bf92f35") == true
            traceID = continues ? span?.traceID : nil
            state = span?.context.state.description
            isRecording = span?.isRecording
            baggage = Baggage.current.description
            let send = SendSpan(to: MessageTarget(system: "kafka", destination: "next"))
            // When a flow begins here, that is at another time each time.
            passedOn = send.carrier["stitch"].map { $0.hasPrefix("o=17000") || $0.hasPrefix("o=1;") ? $0 : "now" }
            send.end()
        }
    }

    @Test("leave the same spans, and the same current for the handler")
    func same() async throws {
        try await withStitchTest { test in
            let topic = try await TestCluster.topic("forms")
            let producer = try KafkaProducer(TestCluster.configuration())
            for (index, headers) in Self.forms.enumerated() {
                let key: [UInt8]? = index % 3 == 0 ? nil : [107]
                let value: [UInt8]? = index % 4 == 0 ? nil : [1]
                try await producer.send(KafkaRecord(topic: topic, key: key, value: value, headers: headers))
            }
            await producer.shutdown()
            let seen = Inbox<(KafkaConsumedRecord, Seen)>()
            let consumer = try TracedKafkaConsumer(TestCluster.configuration(), group: "forms", topics: [topic]) {
                record in
                seen.put((record, Seen()))
            }
            let running = Task { try await consumer.run() }
            var all: [(record: KafkaConsumedRecord, seen: Seen)] = []
            while all.count < Self.forms.count, let next = await seen.next() { all.append(next) }
            await consumer.shutdown()
            try await running.value
            let fetched = test.spans.process(topic)

            let tracing = RecordTracing(
                group: "forms",
                clientID: try TestCluster.configuration().clientID,
                KafkaTracingOptions(continuation: .default, baggage: .all, external: false)
            )
            for (record, seen) in all {
                let made = KafkaConsumedRecord(
                    topic: topic,
                    partition: record.partition,
                    offset: record.offset,
                    key: record.key,
                    value: record.value,
                    headers: record.headers,
                    timestamp: record.timestamp
                )
                let other = await tracing.process(made, .only) { Seen() }
                #expect(seen == other, "\(record.headers)")
            }
            let others = test.spans.process(topic).dropFirst(fetched.count)
            #expect(fetched.count == others.count && fetched.count >= Self.forms.count - 2)
            for (span, other) in zip(fetched, others) {
                #expect(span.parentSpanID == other.parentSpanID && span.links == other.links)
                #expect((span.traceID == other.traceID) == (span.parentSpanID != nil))
                // A record that was made knows of no others, and has waited for longer.
                let changing: Set<String> = ["stitch.kafka.lag", "stitch.wait", "stitch.clock_skew"]
                func said(_ span: SpanData) -> [String: AttributeValue] {
                    let elements = span.attributes.elements.filter { !changing.contains($0.key) }
                    return Dictionary(uniqueKeysWithValues: elements.map { ($0.key, $0.value) })
                }
                #expect(said(span) == said(other))
            }
        }
    }
}
